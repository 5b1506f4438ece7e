package codec

import "roster"

// Record writes a record, the secret's hash included, or nil.
func (w *Writer) Record(r *roster.Record) {
	if r == nil {
		w.Nil()
		return
	}
	w.Array(13)
	w.agent(r.Agent)
	w.Text(string(r.Owner.Kind))
	w.Text(r.Owner.ID)
	w.Text(string(r.Status))
	w.Text(string(r.Health.State))
	w.Text(r.Health.Reason)
	w.Text(string(r.Node))
	w.Uint(uint64(r.Epoch))
	w.Uint(uint64(r.Revision))
	w.Uint(uint64(r.Shard))
	w.Int(int64(r.CreatedAt))
	w.Int(int64(r.UpdatedAt))
	w.Text(r.SecretHash)
}

// Record reads a record or nil.
func (r *Reader) Record() *roster.Record {
	if r.Nil() {
		return nil
	}
	defer r.share()()
	r.Array(13)
	return &roster.Record{
		Agent:      r.agent(),
		Owner:      roster.Owner{Kind: roster.OwnerKind(r.Text()), ID: r.Text()},
		Status:     roster.Status(r.Text()),
		Health:     r.health(),
		Node:       roster.NodeID(r.Text()),
		Epoch:      roster.Epoch(r.Uint()),
		Revision:   roster.Index(r.Uint()),
		Shard:      roster.ShardID(r.Uint32()),
		CreatedAt:  roster.WallTime(r.Int()),
		UpdatedAt:  roster.WallTime(r.Int()),
		SecretHash: r.Text(),
	}
}

// agent writes what a registrant says; the secret itself is never written.
func (w *Writer) agent(a roster.Agent) {
	w.Array(8)
	w.Text(string(a.ID))
	list(w, a.Capabilities, (*Writer).capability)
	w.stringMap(a.Labels)
	list(w, a.Endpoints, (*Writer).endpoint)
	w.Text(a.Description)
	w.stringMap(a.Metadata)
	w.Text(string(a.Session))
	w.Text(string(a.OnEnd))
}

func (r *Reader) agent() roster.Agent {
	defer r.share()()
	r.Array(8)
	return roster.Agent{
		ID:           roster.AgentID(r.Text()),
		Capabilities: r.capabilities(),
		Labels:       r.stringMap(),
		Endpoints:    r.endpoints(),
		Description:  r.Text(),
		Metadata:     r.stringMap(),
		Session:      roster.SessionID(r.Text()),
		OnEnd:        roster.OnEnd(r.Text()),
	}
}

func (w *Writer) capability(c roster.Capability) {
	w.Array(3)
	w.Text(c.Name)
	w.Text(c.Version)
	w.stringMap(c.Attributes)
}

func (r *Reader) capability() roster.Capability {
	r.Array(3)
	return roster.Capability{Name: r.Text(), Version: r.Text(), Attributes: r.stringMap()}
}

func (r *Reader) capabilities() []roster.Capability {
	return itemsIn(r, &r.shared.capabilities, (*Reader).capability)
}

func (r *Reader) endpoints() []roster.Endpoint {
	return itemsIn(r, &r.shared.endpoints, (*Reader).endpoint)
}

func (w *Writer) endpoint(e roster.Endpoint) {
	w.Array(2)
	w.Text(e.Name)
	w.Text(e.URL)
}

func (r *Reader) endpoint() roster.Endpoint {
	r.Array(2)
	return roster.Endpoint{Name: r.Text(), URL: r.Text()}
}

// stringMap writes keys and values in turn: half the heads of an array of pairs.
func (w *Writer) stringMap(m roster.Map) {
	w.Array(2 * len(m))
	for _, p := range m {
		w.Text(p.Key)
		w.Text(p.Value)
	}
}

func (r *Reader) stringMap() roster.Map {
	n := r.List()
	if n%2 != 0 {
		r.Fail("a map with a key but no value")
		return roster.Map{}
	}
	if r.Dry() {
		for i := 0; i < n && r.Err() == nil; i++ {
			_ = r.Text() // keys and values alike
		}
		return roster.Map{}
	}
	m := roster.Map(room(r, &r.pairs, n/2))
	for range n / 2 {
		m = append(m, roster.Pair{Key: r.Text(), Value: r.Text()})
		if r.Err() != nil {
			return roster.Map{}
		}
	}
	return m
}

func (r *Reader) health() roster.Health {
	return roster.Health{State: roster.HealthState(r.Text()), Reason: r.Text()}
}
