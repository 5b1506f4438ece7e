package roster

import (
	"cmp"
	"strconv"
)

// NodeInfo is what the system shard knows of a node.
type NodeInfo struct {
	ID      NodeID `json:"id"`
	Name    string `json:"name"`
	Address string `json:"address"` // host:port for everything between nodes
	HTTP    string `json:"http"`    // host:port of the HTTP API
	Version string `json:"version"`
	Labels  Map    `json:"labels,omitempty"` // what its operator says of it, such as its zone
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

// StoreMoves says how far the logs of a node's shards are on their way to another
// store.
type StoreMoves struct {
	Moved int `json:"moved"` // by this call
	Left  int `json:"left"`  // are still elsewhere
}

// ClusterMap is the cluster's intent, kept in the system shard: which shard owns
// each slot and which nodes should vote in each shard. Treat it as immutable.
type ClusterMap struct {
	Version    uint64        `json:"version"` // counts changes, from 1
	Cluster    string        `json:"cluster"` // the name that nodes must share
	ClusterID  string        `json:"cluster_id"`
	Durability Durability    `json:"durability"`
	Slots      []ShardID     `json:"slots"` // SlotCount of them
	Shards     []ShardVoters `json:"shards"`
	// Draining are the nodes that are to vote nowhere: their operator wants them empty.
	Draining []NodeID `json:"draining,omitempty"`
	// Paused stops what moves voters; what is under way is finished.
	Paused bool `json:"paused,omitempty"`
	// Level is up to which level every node can apply commands: see fsm/codec. It never
	// falls; 0 is level 1.
	Level int `json:"level,omitempty"`
	// PausedUntil ends Paused by itself, so that nobody who dies leaves it behind; 0 is
	// an operator's pause, which has no end.
	PausedUntil LogTime `json:"paused_until,omitempty"`
	// Readers says how many nodes hold a shard beside its voters.
	Readers Readers `json:"readers,omitzero"`
	// Spread is the label of nodes over whose values the voters of a shard are spread; "" is
	// SpreadDefault.
	Spread string `json:"spread,omitempty"`
	// Pruned are nodes that have left and are listed no more: none of them is let in again.
	// Of more than PrunedMax the first are forgotten.
	Pruned []NodeID `json:"pruned,omitempty"`
}

// LevelMax bounds a level of commands.
const LevelMax = 1 << 15

// Still reports whether nothing moves voters at a moment of log time.
func (m ClusterMap) Still(now LogTime) bool {
	return m.Paused && (m.PausedUntil == 0 || now < m.PausedUntil)
}

// SpreadDefault is the label that names the zone of a node.
const SpreadDefault = "zone"

// Bounds of what the system shard knows.
const (
	NodesMax    = 1024 // nodes, also those that went within the last day
	NodeTextMax = 256  // bytes of each text that a node says of itself
	// NodeLabelsMax is how many labels a node has at most.
	NodeLabelsMax = 16
	PrunedMax     = 256 // nodes that are never let in again
	VotersMax     = 9   // of one shard: more cost every write and save nobody
	ReadersMax    = 64  // of one shard, where they are counted
)

// Validate reports an Invalid error for a map that would lose slots.
func (m ClusterMap) Validate() error {
	if max(len(m.Cluster), len(m.ClusterID), len(m.Durability)) > NodeTextMax {
		return Invalid("map", "a name is longer than %d bytes", NodeTextMax)
	}
	if m.Level < 0 || m.Level > LevelMax {
		return Invalid("level", "%d: want 0 to %d", m.Level, LevelMax)
	}
	if len(m.Slots) != SlotCount {
		return Invalid("slots", "%d slots; want %d", len(m.Slots), SlotCount)
	}
	if len(m.Shards) > ShardsMax+1 {
		return Invalid("shards", "%d shards; at most %d beside the system shard", len(m.Shards), ShardsMax)
	}
	if err := cmp.Or(validateNodes("draining", m.Draining, NodesMax), validateNodes("pruned", m.Pruned, PrunedMax)); err != nil {
		return err
	}
	if err := (Layout{&m.Readers, &m.Spread}).Validate(); err != nil {
		return err
	}
	known := make(map[ShardID]bool, len(m.Shards))
	for _, s := range m.Shards {
		if known[s.ID] {
			return Invalid("shards", "shard %d is there twice", s.ID)
		}
		known[s.ID] = true
		if err := validateNodes("shards", s.Voters, VotersMax); err != nil {
			return err
		}
		if err := validateNodes("readers", s.Readers, ReadersMax); err != nil {
			return err
		}
		if m.Readers == ReadersAll && len(s.Readers) > 0 {
			return Invalid("readers", "shard %d names readers, and all nodes read", s.ID)
		}
	}
	for slot, owner := range m.Slots {
		if !known[owner] {
			return Invalid("slots", "slot %d belongs to shard %d, which is not in the map", slot, owner)
		}
	}
	return nil
}

func validateNodes(field string, ids []NodeID, most int) error {
	if len(ids) > most {
		return Invalid(field, "%d nodes; at most %d", len(ids), most)
	}
	for _, id := range ids {
		if id == "" || len(id) > NodeTextMax {
			return Invalid(field, "a node wants an id of 1 to %d bytes", NodeTextMax)
		}
	}
	return nil
}

// ShardVoters is one shard and the nodes that should vote in it.
type ShardVoters struct {
	ID     ShardID  `json:"id"`
	Voters []NodeID `json:"voters"`
	// Readers are the nodes that should read in it where the map counts readers.
	Readers []NodeID `json:"readers,omitempty"`
}

// The states of a move.
const (
	MoveUnderWay = "under_way" // the map wants it, and the group follows
	MoveWaiting  = "waiting"   // it comes when others are done
)

// Move is a change of one shard's voters.
type Move struct {
	Shard  ShardID  `json:"shard"`
	Add    []NodeID `json:"add"`
	Remove []NodeID `json:"remove"`
	State  string   `json:"state"`
	Reason string   `json:"reason"`
}

// MovePlan is what the cluster is about to change in who votes where.
type MovePlan struct {
	Paused  bool    `json:"paused"`
	Held    string  `json:"held,omitempty"` // why a node's votes cannot move, if any should
	Readers Readers `json:"readers"`        // what the map wants of readers
	Moves   []Move  `json:"moves"`
}

// Layout is what an operator wants of where shards are; nil leaves it as it is.
type Layout struct {
	Readers *Readers `json:"readers,omitempty"`
	Spread  *string  `json:"spread,omitempty"` // as ClusterMap.Spread
}

// Validate refuses what no map can have.
func (l Layout) Validate() error {
	if l.Readers != nil {
		if err := l.Readers.Validate(); err != nil {
			return err
		}
	}
	if l.Spread != nil && len(*l.Spread) > MapKeyMax {
		return Invalid("spread", "a label has at most %d bytes", MapKeyMax)
	}
	return nil
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
	Draining bool      `json:"draining"` // it is to vote nowhere
	Labels   Map       `json:"labels,omitempty"`
}

// ValidateNodeLabels refuses (Invalid) labels that a node may not have.
func ValidateNodeLabels(m Map) error {
	if len(m) > NodeLabelsMax || !m.Sorted() {
		return Invalid("labels", "%d labels of a node: want at most %d, each once", len(m), NodeLabelsMax)
	}
	for key, value := range m.All() {
		if key == "" || len(key) > MapKeyMax || len(value) > LabelValueMax {
			return Invalid("labels", "label %s: want a key of 1 to %d bytes and a value of at most %d", quote(key), MapKeyMax, LabelValueMax)
		}
	}
	return nil
}

// ShardStatus is one shard as the answering node's replica sees it, or that of a holder.
type ShardStatus struct {
	ID      ShardID  `json:"id"`
	Leader  NodeID   `json:"leader"` // "" while nobody is known to lead
	Term    uint64   `json:"term"`
	Index   Index    `json:"index"`
	Voters  []NodeID `json:"voters"`
	Readers []NodeID `json:"readers"`
	Agents  int      `json:"agents"`
	AgeMS   int64    `json:"age_ms"`
	// Holder is the node whose replica this is, where the answering node has none.
	Holder NodeID `json:"holder,omitempty"`
}

// NodeStatus is the answering node in a few words.
type NodeStatus struct {
	Cluster    string     `json:"cluster"`
	Node       NodeID     `json:"node"`
	Version    string     `json:"version"`
	Ready      bool       `json:"ready"`
	Insecure   bool       `json:"insecure"`
	Auth       bool       `json:"auth"` // it asks for tokens
	Durability Durability `json:"durability"`
	Members    int        `json:"members"`
	Shards     int        `json:"shards"`
	Agents     int        `json:"agents"`
	Map        uint64     `json:"map"`    // version of the cluster map that it goes by; 0: none yet
	Level      int        `json:"level"`  // of commands, that all nodes have agreed on; 0: it knows of no map yet
	Expect     int        `json:"expect"` // how many members it wants to see before it is ready
}

// Check is one line of a readiness report.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// String returns the shard's number.
func (s ShardID) String() string { return strconv.FormatUint(uint64(s), 10) }
