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

// Map writes a cluster map.
func (w *Writer) Map(m roster.ClusterMap) {
	w.Array(6)
	w.Uint(m.Version)
	w.Text(m.Cluster)
	w.Text(m.ClusterID)
	w.Text(string(m.Durability))
	list(w, m.Slots, (*Writer).shard)
	list(w, m.Shards, (*Writer).voters)
}

// Map reads a cluster map.
func (r *Reader) Map() roster.ClusterMap {
	r.Array(6)
	return roster.ClusterMap{
		Version:    r.Uint(),
		Cluster:    r.Text(),
		ClusterID:  r.Text(),
		Durability: roster.Durability(r.Text()),
		Slots:      items(r, (*Reader).shard),
		Shards:     items(r, (*Reader).voters),
	}
}

func (w *Writer) shard(id roster.ShardID) { w.Uint(uint64(id)) }

func (w *Writer) voters(v roster.ShardVoters) {
	w.Array(2)
	w.shard(v.ID)
	list(w, v.Voters, func(w *Writer, id roster.NodeID) { w.Text(string(id)) })
}

func (r *Reader) voters() roster.ShardVoters {
	r.Array(2)
	return roster.ShardVoters{ID: r.shard(), Voters: items(r, func(r *Reader) roster.NodeID { return roster.NodeID(r.Text()) })}
}

// Node writes what is known of a node.
func (w *Writer) Node(n roster.NodeInfo) {
	w.Array(7)
	w.Text(string(n.ID))
	w.Text(n.Name)
	w.Text(n.Address)
	w.Text(n.HTTP)
	w.Text(n.Version)
	w.Text(string(n.State))
	w.Int(int64(n.Lease))
}

// Node reads what is known of a node.
func (r *Reader) Node() roster.NodeInfo {
	r.Array(7)
	return roster.NodeInfo{ID: roster.NodeID(r.Text()), Name: r.Text(), Address: r.Text(), HTTP: r.Text(),
		Version: r.Text(), State: roster.NodeState(r.Text()), Lease: roster.LogTime(r.Int())}
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
