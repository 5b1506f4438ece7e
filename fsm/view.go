package fsm

import (
	"fmt"

	"roster"
	"roster/fsm/index"
	"roster/query"
)

// View is one consistent moment of a shard: the one between two entries. It is valid
// until the next Apply or Restore, which the caller keeps out meanwhile; any number of
// goroutines may read it.
type View struct{ m *Machine }

// View returns the present moment.
func (m *Machine) View() *View { return &View{m} }

// Shard returns the shard that is seen.
func (v *View) Shard() roster.ShardID { return v.m.shard }

// Index returns the index of the last operation.
func (v *View) Index() roster.Index { return v.m.index }

// Now returns the log time of the last entry.
func (v *View) Now() roster.LogTime { return v.m.now }

// Agents returns how many agents are on the roll.
func (v *View) Agents() int { return v.m.agents.byID.Len() }

// Session returns a session, also one that has ended while that is still known. A
// session that ended here, but lives elsewhere, has an id and is Ended, no more.
func (v *View) Session(id roster.SessionID) (roster.Session, bool) {
	s, ok := v.m.session(id)
	return s.Session, ok
}

// Sessions returns, sorted by id, the sessions at home here that are live, or that are
// Ended but of which some shard in Shards must still be told.
func (v *View) Sessions() []roster.Session {
	out := []roster.Session{}
	v.m.sessions.byID.Scan(func(_ roster.SessionID, s session) bool {
		if s.home && s.until == 0 {
			out = append(out, s.Session)
		}
		return true
	})
	return out
}

// Nodes returns what the system shard knows of every node, sorted by id.
func (v *View) Nodes() []roster.NodeInfo { return v.m.nodes.byID.Values() }

// Node returns what the system shard knows of one node.
func (v *View) Node(id roster.NodeID) (roster.NodeInfo, bool) { return v.m.nodes.byID.Get(id) }

// Map returns the cluster map that the system shard holds; Version 0: none yet.
func (v *View) Map() roster.ClusterMap { return v.m.nodes.clusterMap() }

// AccessTokens returns the access tokens that the system shard holds, by id.
func (v *View) AccessTokens() []roster.AccessToken { return v.m.tokens.All(v.m.now) }

// AccessToken returns the access token whose secret has a hash. Its life may be over.
func (v *View) AccessToken(hash string) (roster.AccessToken, bool) {
	return v.m.tokens.ByHash(hash, v.m.now)
}

// NextDeadline returns the earliest log time at which something runs out. When it has
// come the leader proposes a Tick, if nothing else carries the time.
func (v *View) NextDeadline() (roster.LogTime, bool) { return v.m.nextDeadline() }

// Digest returns SHA-256 over all replicated state: equal states, and they alone, have
// equal digests. It costs about as much as writing a snapshot.
func (v *View) Digest() [32]byte { return v.m.digest(v.m.shard) }

// Snapshot captures the moment at next to no cost; it is written later, beside the
// entries that follow. It is the writer's to call, one at a time.
func (v *View) Snapshot() *Snapshot { return &Snapshot{v.m.shard, v.m.capture()} }

// Mark is where a page ended: see index.Mark.
type Mark = index.Mark

// Find returns at most limit agents that q selects, after a mark: in id order, or for
// a query with a text in the order of falling scores and then ids. A limit of 0 or
// less is the query's own. The plan says in words how the agents were found, such as
// "shard 3: capability translate (90) ∩ label tier=gold (412) → filter 90 → 12": the
// lists walked and their lengths, records looked at, records found. The one error is
// Invalid, for a nil query.
func (v *View) Find(q *query.Compiled, after Mark, limit int) (records []*roster.Record, plan string, err error) {
	if q == nil {
		return nil, "", roster.Invalid("", "no query")
	}
	if limit <= 0 {
		limit = q.Limit()
	}
	roll := index.Roll{ByID: v.m.agents.byID, At: v.m.agents.roll.At}
	records, plan = v.m.agents.index.Search(roll, q, after, limit)
	return records, fmt.Sprintf("shard %d: %s", v.m.shard, plan), nil
}
