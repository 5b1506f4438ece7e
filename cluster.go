package roster

import "strconv"

// NodeInfo is what the system shard knows of a node.
type NodeInfo struct {
	ID      NodeID `json:"id"`
	Name    string `json:"name"`
	Address string `json:"address"` // host:port for everything between nodes
	HTTP    string `json:"http"`    // host:port of the HTTP API
	Version string `json:"version"`
	// State and Lease are decided by the log alone: a proposer leaves them zero.
	State NodeState `json:"state"`
	Lease LogTime   `json:"-"` // when the lease runs out
}

// NodeState is how a node stands.
type NodeState string

// The states. Gossip may suspect; the system shard decides the others.
const (
	NodeAlive   NodeState = "alive"
	NodeSuspect NodeState = "suspect"
	NodeDown    NodeState = "down"
	NodeLeft    NodeState = "left"
)

// Durability says what an acknowledged write has survived.
type Durability string

// DurabilitySync: a quorum has synced it. DurabilityNone: a quorum holds it in
// memory; a cluster that is stopped is empty.
const (
	DurabilitySync Durability = "sync"
	DurabilityNone Durability = "none"
)

// ClusterMap is the cluster's intent, kept in the system shard: which shard owns
// each slot and which nodes should vote in each shard. Treat it as immutable.
type ClusterMap struct {
	Version    uint64        `json:"version"` // counts changes, from 1
	Cluster    string        `json:"cluster"` // the name that nodes must share
	ClusterID  string        `json:"cluster_id"`
	Durability Durability    `json:"durability"`
	Slots      []ShardID     `json:"slots"` // SlotCount of them
	Shards     []ShardVoters `json:"shards"`
}

// ShardVoters is one shard and the nodes that should vote in it.
type ShardVoters struct {
	ID     ShardID  `json:"id"`
	Voters []NodeID `json:"voters"`
}

// Session is one session, as its home shard knows it.
type Session struct {
	ID         SessionID `json:"id"`
	TTL        Duration  `json:"ttl"`
	Generation Index     `json:"generation"` // index of the command that opened it
	Ended      bool      `json:"-"`
	Shards     []ShardID `json:"-"` // where it is, or was, used beside its home
}

// Member is one node as the answering node sees it.
type Member struct {
	ID       NodeID    `json:"id"`
	Name     string    `json:"name"`
	Address  string    `json:"address"`
	HTTP     string    `json:"http"`
	State    NodeState `json:"state"`
	LeaderOf []ShardID `json:"leader_of"`
	VoterOf  []ShardID `json:"voter_of"`
	ReaderOf []ShardID `json:"reader_of"`
	Version  string    `json:"version"`
}

// ShardStatus is one shard as the answering node's replica sees it.
type ShardStatus struct {
	ID      ShardID  `json:"id"`
	Leader  NodeID   `json:"leader"` // "" while nobody is known to lead
	Term    uint64   `json:"term"`
	Index   Index    `json:"index"`
	Voters  []NodeID `json:"voters"`
	Readers []NodeID `json:"readers"`
	Agents  int      `json:"agents"`
	AgeMS   int64    `json:"age_ms"`
}

// NodeStatus is the answering node in a few words.
type NodeStatus struct {
	Cluster    string     `json:"cluster"`
	Node       NodeID     `json:"node"`
	Version    string     `json:"version"`
	Ready      bool       `json:"ready"`
	Insecure   bool       `json:"insecure"`
	Durability Durability `json:"durability"`
	Members    int        `json:"members"`
	Shards     int        `json:"shards"`
	Agents     int        `json:"agents"`
}

// Check is one line of a readiness report.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// String returns the shard's number.
func (s ShardID) String() string { return strconv.FormatUint(uint64(s), 10) }
