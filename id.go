package roster

import (
	"strings"
	"time"
)

type (
	// AgentID names an agent: "namespace/name", or "namespace/fleet~n" for the
	// n-th member of a fleet. Both parts are lower case, [a-z0-9._~-], and begin
	// with a letter or a digit; at most NamespaceMax and NameMax bytes.
	AgentID string

	// NodeID names one node for the life of its data directory: "<name>-<8 hex>".
	// A wiped disk is a new NodeID.
	NodeID string

	// ShardID names one slice of the registry. SystemShard holds nodes and the
	// cluster map; agents live in shards 1 and up.
	ShardID uint32

	// Index is the number of a command in its shard, counted by the state machine:
	// one more for each command, also inside one log entry. It is never the Raft
	// index. Zero means "none yet".
	Index uint64

	// Epoch is the fencing token of a registration or placement. It strictly grows
	// for an id, also over delete and register again, because it is the Index of
	// the command that began it.
	Epoch uint64

	// LogTime is how long some leader has led this shard. It stands still while
	// nobody leads and never jumps with a wall clock.
	LogTime time.Duration

	// SessionID names a session: 1 to SessionIDMax bytes of [a-z0-9._~-].
	SessionID string

	// Key decides the shard of a command: keys hash to slots, slots belong to shards.
	Key string

	// Principal is who asks, as authentication found it; empty while there is none.
	Principal string

	// TraceContext is a W3C traceparent, or empty.
	TraceContext string
)

// SystemShard is the shard that holds the cluster itself.
const SystemShard ShardID = 0

// SystemKey routes a command to the system shard.
const SystemKey Key = ""

// Namespace returns what stands before the slash.
func (id AgentID) Namespace() string {
	namespace, _, _ := strings.Cut(string(id), "/")
	return namespace
}

// Name returns what stands after the slash.
func (id AgentID) Name() string {
	_, name, _ := strings.Cut(string(id), "/")
	return name
}

// Key returns the routing key: the namespace and what stands before the first
// "~" of the name, so that the members of one fleet share a shard.
func (id AgentID) Key() Key {
	fleet, _, _ := strings.Cut(id.Name(), "~")
	return Key("a/" + id.Namespace() + "/" + fleet)
}

// MatchNamespace reports whether a pattern names a namespace: it is that namespace, the
// beginning of it and "*", or "*" alone.
func MatchNamespace(pattern, namespace string) bool {
	beginning, open := strings.CutSuffix(pattern, "*")
	return open && strings.HasPrefix(namespace, beginning) || pattern == namespace && namespace != ""
}

// Namespace returns what stands before the last "~": who may write there may use the
// session where authorisation is on. "" for a session of no namespace.
func (id SessionID) Namespace() string {
	return string(id[:max(0, strings.LastIndexByte(string(id), '~'))])
}

// Key returns the routing key of a session's home shard.
func (id SessionID) Key() Key { return Key("s/" + string(id)) }

// Validate reports an Invalid error naming the grammar when id is not an agent id.
func (id AgentID) Validate() error {
	namespace, name, slash := strings.Cut(string(id), "/")
	switch {
	case !slash:
		return Invalid("id", "agent id %s has no slash: want namespace/name", quote(string(id)))
	case !isWord(namespace, NamespaceMax):
		return Invalid("id", "namespace %s: want 1 to %d bytes of a-z 0-9 . _ ~ - beginning with a letter or digit", quote(namespace), NamespaceMax)
	case !isWord(name, NameMax):
		return Invalid("id", "name %s: want 1 to %d bytes of a-z 0-9 . _ ~ - beginning with a letter or digit", quote(name), NameMax)
	}
	return nil
}

// Validate reports an Invalid error when id is not a session id.
func (id SessionID) Validate() error {
	if !isWord(string(id), SessionIDMax) {
		return Invalid("session", "session id %s: want 1 to %d bytes of a-z 0-9 . _ ~ - beginning with a letter or digit", quote(string(id)), SessionIDMax)
	}
	return nil
}

// Validate reports an Invalid error when id is not a node's id.
func (id NodeID) Validate() error {
	if !isWord(string(id), NodeTextMax) {
		return Invalid("id", "node id %s: want 1 to %d bytes of a-z 0-9 . _ ~ - beginning with a letter or digit", quote(string(id)), NodeTextMax)
	}
	return nil
}

// isWord reports whether s is 1 to max bytes of [a-z0-9._~-] and begins with a
// letter or digit, which leaves out "." and "..".
func isWord(s string, max int) bool {
	if len(s) == 0 || len(s) > max || strings.IndexByte("._~-", s[0]) >= 0 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && strings.IndexByte("._~-", c) < 0 {
			return false
		}
	}
	return true
}
