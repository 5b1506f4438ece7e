package codec

import "roster"

// AppendMap appends a cluster map to dst.
func AppendMap(dst []byte, m roster.ClusterMap) ([]byte, error) {
	w := NewWriter(dst)
	w.Array(2)
	w.Uint(mapVersion)
	w.Map(m)
	return w.Finish()
}

// DecodeMap reads what AppendMap wrote; see DecodeEntry for its faults.
func DecodeMap(b []byte) (roster.ClusterMap, error) {
	r := NewReader(b)
	r.Array(2)
	r.version("a cluster map", mapVersion)
	m := r.Map()
	if err := r.Finish(); err != nil {
		return roster.ClusterMap{}, err
	}
	return m, nil
}

// A map has mapBase values; what has come since follows where it says anything, so that
// a map that does without is written, and read, as it ever was.
const (
	mapBase    = 6
	mapSteered = 8  // with Draining and Paused
	mapLevel   = 10 // with Level and PausedUntil: from level 2 on
	mapRead    = 11 // with Readers too, and a third value in each shard: who reads there; level 2
	mapSpread  = 12 // with Spread too; level 2
	mapPruned  = 13 // with Pruned too; level 2
)

// mapForm returns how many values a map is written with.
func mapForm(m roster.ClusterMap) int {
	switch {
	case len(m.Pruned) > 0:
		return mapPruned
	case m.Spread != "":
		return mapSpread
	case m.Readers != roster.ReadersAll:
		return mapRead
	case m.Level > 0 || m.PausedUntil != 0:
		return mapLevel
	case len(m.Draining) > 0 || m.Paused:
		return mapSteered
	}
	return mapBase
}

// Map writes a cluster map.
func (w *Writer) Map(m roster.ClusterMap) {
	form := mapForm(m)
	w.Array(form)
	w.Uint(m.Version)
	w.Text(m.Cluster)
	w.Text(m.ClusterID)
	w.Text(string(m.Durability))
	list(w, m.Slots, (*Writer).shard)
	if form >= mapRead {
		list(w, m.Shards, (*Writer).members)
	} else {
		list(w, m.Shards, (*Writer).voters)
	}
	if form >= mapSteered {
		list(w, m.Draining, (*Writer).member)
		w.Bool(m.Paused)
	}
	if form >= mapLevel {
		w.Uint(uint64(m.Level))
		w.Int(int64(m.PausedUntil))
	}
	if form >= mapRead {
		w.Int(int64(m.Readers))
	}
	if form >= mapSpread {
		w.Text(m.Spread)
	}
	if form >= mapPruned {
		list(w, m.Pruned, (*Writer).member)
	}
}

// Map reads a cluster map.
func (r *Reader) Map() roster.ClusterMap {
	form := r.List()
	if r.Err() == nil && form != mapBase && form != mapSteered && (form < mapLevel || form > mapPruned) {
		r.Fail("a cluster map of %d values: it was written by a newer version", form)
	}
	m := roster.ClusterMap{
		Version:    r.Uint(),
		Cluster:    r.Text(),
		ClusterID:  r.Text(),
		Durability: roster.Durability(r.Text()),
		Slots:      items(r, (*Reader).shard),
	}
	if form >= mapRead {
		m.Shards = items(r, (*Reader).members)
	} else {
		m.Shards = items(r, (*Reader).voters)
	}
	if form >= mapSteered {
		m.Draining, m.Paused = items(r, (*Reader).member), r.Bool()
	}
	if form >= mapLevel {
		m.Level, m.PausedUntil = int(r.Uint32()), roster.LogTime(r.Int())
	}
	if form >= mapRead {
		m.Readers = roster.Readers(r.Int())
	}
	if form >= mapSpread {
		m.Spread = r.Text()
	}
	if form >= mapPruned {
		m.Pruned = items(r, (*Reader).member)
	}
	return m
}

func (w *Writer) member(id roster.NodeID) { w.Text(string(id)) }

func (r *Reader) member() roster.NodeID { return roster.NodeID(r.Text()) }

func (w *Writer) shard(id roster.ShardID) { w.Uint(uint64(id)) }

func (w *Writer) voters(v roster.ShardVoters) {
	w.Array(2)
	w.shard(v.ID)
	list(w, v.Voters, (*Writer).member)
}

func (r *Reader) voters() roster.ShardVoters {
	r.Array(2)
	return roster.ShardVoters{ID: r.shard(), Voters: items(r, (*Reader).member)}
}

func (w *Writer) members(v roster.ShardVoters) {
	w.Array(3)
	w.shard(v.ID)
	list(w, v.Voters, (*Writer).member)
	list(w, v.Readers, (*Writer).member)
}

func (r *Reader) members() roster.ShardVoters {
	r.Array(3)
	return roster.ShardVoters{ID: r.shard(), Voters: items(r, (*Reader).member), Readers: items(r, (*Reader).member)}
}

// Node writes what is known of a node: seven values, and its labels where it has some.
func (w *Writer) Node(n roster.NodeInfo) {
	if len(n.Labels) > 0 {
		w.Array(8)
	} else {
		w.Array(7)
	}
	w.Text(string(n.ID))
	w.Text(n.Name)
	w.Text(n.Address)
	w.Text(n.HTTP)
	w.Text(n.Version)
	w.Text(string(n.State))
	w.Int(int64(n.Lease))
	if len(n.Labels) > 0 {
		w.stringMap(n.Labels)
	}
}

// Node reads what is known of a node.
func (r *Reader) Node() roster.NodeInfo {
	form := r.List()
	if r.Err() == nil && form != 7 && form != 8 {
		r.Fail("a node of %d values: it was written by a newer version", form)
	}
	n := roster.NodeInfo{ID: roster.NodeID(r.Text()), Name: r.Text(), Address: r.Text(), HTTP: r.Text(),
		Version: r.Text(), State: roster.NodeState(r.Text()), Lease: roster.LogTime(r.Int())}
	if form == 8 {
		n.Labels = r.stringMap()
	}
	return n
}

// Session writes a session with what JSON leaves out.
func (w *Writer) Session(s roster.Session) {
	w.Array(5)
	w.Text(string(s.ID))
	w.Int(int64(s.TTL))
	w.Uint(uint64(s.Generation))
	w.Bool(s.Ended)
	list(w, s.Shards, (*Writer).shard)
}

// Session reads a session.
func (r *Reader) Session() roster.Session {
	r.Array(5)
	return roster.Session{ID: roster.SessionID(r.Text()), TTL: roster.Duration(r.Int()), Generation: roster.Index(r.Uint()),
		Ended: r.Bool(), Shards: items(r, (*Reader).shard)}
}

// AccessToken writes an access token with what JSON leaves out, less what is left of its
// life, which is another every time one looks.
func (w *Writer) AccessToken(t roster.AccessToken) {
	w.Array(7)
	w.Text(t.ID)
	w.Text(t.Name)
	list(w, t.Rules, (*Writer).Text)
	w.Int(int64(t.CreatedAt))
	w.Text(string(t.CreatedBy))
	w.Int(int64(t.Expires))
	w.Text(t.Hash)
}

// AccessToken reads an access token.
func (r *Reader) AccessToken() roster.AccessToken {
	r.Array(7)
	return roster.AccessToken{ID: r.Text(), Name: r.Text(), Rules: items(r, (*Reader).Text), CreatedAt: roster.WallTime(r.Int()),
		CreatedBy: roster.Principal(r.Text()), Expires: roster.LogTime(r.Int()), Hash: r.Text()}
}
