package founding

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"roster"
	"roster/internal/durable"
	"roster/shard/pledge"
)

// dataFormat is the version of a data directory that this build writes and reads.
const dataFormat = 1

// Identity is node.json: who this node is, which cluster it belongs to, and what it
// promised while that was not yet decided. Every change is on disk before anybody
// hears of it.
type Identity struct {
	Format     int               `json:"format"`
	NodeID     roster.NodeID     `json:"node_id"`
	Cluster    string            `json:"cluster"`
	Durability roster.Durability `json:"durability"`
	// ClusterID is set once the node belongs to a founded cluster.
	ClusterID string `json:"cluster_id,omitempty"`
	Shards    int    `json:"shards,omitempty"`
	// Level is the highest level of commands that this node has seen agreed on: a build
	// that cannot apply those does not start here.
	Level int `json:"level,omitempty"`
	// Founding is how the cluster began, on the nodes that began it.
	Founding *Proposal `json:"founding,omitempty"`
	// Opened says that all shards but those of Absent were once opened here: from then on a
	// missing one is a loss, not a beginning.
	Opened bool `json:"opened,omitempty"`
	// Absent are the shards of which this node holds nothing, Leaving those whose files are
	// being deleted here: it is no member of them any more.
	Absent  ShardSet `json:"absent,omitzero"`
	Leaving ShardSet `json:"leaving,omitzero"`
	// Pledges are what this node has promised to groups whose replicas it deleted.
	Pledges map[roster.ShardID]pledge.Pledge `json:"pledges,omitempty"`
	// Left says that the node was taken out of its cluster, which never lets this id in
	// again.
	Left bool `json:"left,omitempty"`
	// Promise is the proposal this node is bound to until its proposer lets go.
	Promise *Proposal `json:"promise,omitempty"`
	// Proposals counts this node's own proposals; Open is the one not yet abandoned.
	Proposals uint64    `json:"proposals,omitempty"`
	Open      *Proposal `json:"open,omitempty"`

	path string // "" keeps it in memory
}

// LoadIdentity reads node.json below dir or makes a new one. It refuses a directory
// of another cluster, another durability or a newer format, and says what to do.
func LoadIdentity(c Config) (*Identity, error) {
	fresh := &Identity{Format: dataFormat, NodeID: newNodeID(c.Name), Cluster: c.Cluster, Durability: c.Durability}
	if c.Durability == roster.DurabilityNone {
		return fresh, nil
	}
	path := filepath.Join(c.DataDir, "node.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		fresh.path = path
		return fresh, fresh.save()
	}
	if err != nil {
		return nil, DirFault(c.DataDir, "cannot be read", err)
	}
	return parseIdentity(c, path, data)
}

// readIdentity reads what node.json holds.
func readIdentity(dir, path string, data []byte) (*Identity, error) {
	var probe struct{ Format int }
	id := &Identity{path: path}
	switch err := json.Unmarshal(data, &probe); {
	case err != nil:
		return nil, DirFault(path, "is not valid JSON; restore it from a copy, or start with an empty data directory", err)
	case probe.Format > dataFormat:
		return nil, roster.Errorf(roster.CodeInvalid, "data directory %s has format %d and this build reads up to %d: start the newer build", dir, probe.Format, dataFormat)
	}
	if err := json.Unmarshal(data, id); err != nil {
		return nil, DirFault(path, "is damaged; restore it from a copy, or start with an empty data directory", err)
	}
	if id.NodeID == "" {
		return nil, roster.Errorf(roster.CodeInvalid, "%s names no node: restore it from a copy, or start with an empty data directory", path)
	}
	return id, nil
}

// parseIdentity reads node.json and checks that it is this node's to use.
func parseIdentity(c Config, path string, data []byte) (*Identity, error) {
	id, err := readIdentity(c.DataDir, path, data)
	if err != nil {
		return nil, err
	}
	switch {
	case id.Cluster != c.Cluster:
		return nil, roster.Errorf(roster.CodeConflict, "data directory %s belongs to cluster %q, not %q: give the right --cluster or another --data-dir", c.DataDir, id.Cluster, c.Cluster)
	case id.Durability != c.Durability:
		return nil, roster.Errorf(roster.CodeConflict, "data directory %s was made with durability %q, not %q", c.DataDir, id.Durability, c.Durability)
	case id.Level > c.Level:
		return nil, TooOld(id.Level, c.Level)
	case id.Left:
		return nil, roster.Errorf(roster.CodeConflict, "data directory %s is that of %s, which has left its cluster for good: start with an empty data directory", c.DataDir, id.NodeID)
	}
	return id, nil
}

// TooOld refuses a build that cannot apply what the cluster has agreed to write.
func TooOld(agreed, can int) error {
	return roster.Errorf(roster.CodeConflict, "the cluster has agreed on commands up to level %d and this build applies those up to %d: start a newer build", agreed, can)
}

// DirFault is an Invalid error about a data directory.
func DirFault(path, what string, cause error) error {
	return &roster.Error{Code: roster.CodeInvalid, Detail: fmt.Sprintf("data directory: %s %s", path, what), Cause: cause}
}

// newNodeID returns "<name>-<8 hex>" with fresh randomness.
func newNodeID(name string) roster.NodeID { return roster.NodeID(name + "-" + RandomHex(4)) }

// RandomHex returns random bytes in hexadecimal.
func RandomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) //nolint:errcheck // crypto/rand.Read never fails
	return hex.EncodeToString(b)
}

// save writes the file so that a crash leaves the old one or the new one.
func (id *Identity) save() error {
	if id.path == "" {
		return nil
	}
	data, err := json.MarshalIndent(id, "", "  ")
	if err != nil {
		return err
	}
	if err := durable.Write(id.path, append(data, '\n')); err != nil {
		return &roster.Error{Code: roster.CodeInternal, Detail: "node.json cannot be written", Cause: err}
	}
	return nil
}

// NewCluster makes node.json below DataDir for the first node of a new cluster whose
// shards are put there beside it: nothing is left to be founded.
func NewCluster(c Config) (*Identity, error) {
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, DirFault(c.DataDir, "cannot be made", err)
	}
	id := &Identity{Format: dataFormat, NodeID: newNodeID(c.Name), Cluster: c.Cluster, Durability: c.Durability,
		ClusterID: RandomHex(8), Shards: c.Shards, Opened: true, path: filepath.Join(c.DataDir, "node.json")}
	return id, id.save()
}

// ReadIdentity reads node.json below dir, whatever cluster it belongs to. A directory of a
// newer format is refused.
func ReadIdentity(dir string) (*Identity, error) {
	path := filepath.Join(dir, "node.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, DirFault(dir, "cannot be read", err)
	}
	return readIdentity(dir, path, data)
}
