package seed

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"roster"
	"roster/fsm"
	"roster/node/founding"
	"roster/shard/logstore"
	"roster/shard/offline"
)

// Config says what directory to make, of which node.
type Config struct {
	// Dir is made; it must not be there yet, unless it is empty.
	Dir string
	// Name is the human part of the node's id: what its --name will be.
	Name string
	// Cluster is the name of the new cluster; "": that of the old one. Nodes know each
	// other by name and key, so one of the two must be new, or an old node that comes
	// back would be let in, with the logs of the old cluster.
	Cluster string
	// NewKey says that the new cluster's key will be another.
	NewKey bool
	// Although begins anew although members answer that could go on: see Recover.
	Although bool
	// Probe reports whether anybody answers at a node's address; nil tries to connect.
	Probe func(address string) bool
	// Store is where the node keeps its logs: "shared" or "bolt".
	Store string
}

// Result says what was made.
type Result struct {
	Node      roster.NodeID `json:"node"`
	Cluster   string        `json:"cluster"`
	ClusterID string        `json:"cluster_id"`
	Shards    []Shard       `json:"shards"`
}

// Shard is what became of one shard.
type Shard struct {
	ID     roster.ShardID `json:"id"`
	From   string         `json:"from,omitempty"` // the data directory, where there were several to choose from
	Index  roster.Index   `json:"index"`          // before it was lifted
	Lifted roster.Index   `json:"lifted"`
	Agents int            `json:"agents"`
}

// source are the states of an old cluster.
type source struct {
	shards int // the system shard among them
	// state returns the machine of a shard, for the seed to change, and where it is from.
	state func(roster.ShardID) (m *fsm.Machine, from string, err error)
}

// grow makes the directory. After an error it is not there.
func grow(c Config, s source) (Result, error) {
	if err := vacant(c.Dir); err != nil {
		return Result{}, err
	}
	draft := filepath.Clean(c.Dir) + ".seed"
	if err := os.RemoveAll(draft); err != nil { // what an interrupted one has left
		return Result{}, err
	}
	result, err := fill(c, draft, s)
	if err == nil {
		err = appear(draft, c.Dir)
	}
	if err != nil {
		return Result{}, errors.Join(err, os.RemoveAll(draft))
	}
	return result, nil
}

// vacant refuses a directory in which there is anything.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return founding.DirFault(dir, "cannot be read", err)
	case len(entries) > 0:
		return roster.Errorf(roster.CodeConflict, "data directory %s is not empty: name a new one; nothing is ever restored over what is there", dir)
	}
	return nil
}

// fill makes everything in draft.
func fill(c Config, draft string, s source) (Result, error) {
	system, from, err := s.state(roster.SystemShard)
	if err != nil {
		return Result{}, err
	}
	if c.Cluster, err = named(c, system.View().Map().Cluster); err != nil {
		return Result{}, err
	}
	id, err := founding.NewCluster(founding.Config{Cluster: c.Cluster, Name: c.Name, DataDir: draft, Durability: roster.DurabilitySync, Shards: s.shards - 1})
	if err != nil {
		return Result{}, err
	}
	files, err := offline.Open(draft, logstore.Kind(c.Store))
	if err != nil {
		return Result{}, err
	}
	result := Result{Node: id.NodeID, Cluster: id.Cluster, ClusterID: id.ClusterID}
	for shard := range roster.ShardID(s.shards) {
		m := system
		if shard != roster.SystemShard {
			if m, from, err = s.state(shard); err != nil {
				break
			}
		}
		var planted Shard
		if planted, err = plant(files, m, id); err != nil {
			break
		}
		planted.From = from
		result.Shards = append(result.Shards, planted)
	}
	return result, errors.Join(err, files.Close())
}

// named returns the name of the new cluster.
func named(c Config, old string) (string, error) {
	if (c.Cluster == "" || c.Cluster == old) && !c.NewKey {
		return "", roster.Errorf(roster.CodeRefused, "a node of cluster %q that comes back would be let into the new one: give that another name (--cluster), or a new key (roster keygen) and say so (--new-key)", old)
	}
	return cmp.Or(c.Cluster, old), nil
}

// plant begins the new life of one shard.
func plant(files *offline.Files, m *fsm.Machine, id *founding.Identity) (Shard, error) {
	s := Shard{ID: m.Shard(), Index: m.Index(), Agents: m.View().Agents()}
	wall := roster.WallTime(time.Now().UnixNano())
	if err := m.Lift(wall); err != nil {
		return s, err
	}
	if s.ID == roster.SystemShard {
		if err := rechart(m, id, wall); err != nil {
			return s, err
		}
	}
	s.Lifted = m.Index()
	return s, files.Plant(s.ID, m.View().Snapshot(), id.NodeID)
}

// appear gives a directory its name, when all in it is on the disk.
func appear(draft, dir string) error {
	for _, path := range []string{filepath.Join(draft, "shards"), draft} {
		if err := logstore.SyncPath(path); err != nil {
			return err
		}
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) { // it is empty
		return founding.DirFault(dir, "cannot be replaced: name a directory below it", err)
	}
	if err := os.Rename(draft, dir); err != nil {
		return err
	}
	return logstore.SyncPath(filepath.Dir(filepath.Clean(dir)))
}

// read restores the machine of a shard from a stream.
func read(shard roster.ShardID, r io.Reader) (*fsm.Machine, error) {
	m := fsm.New(shard)
	return m, m.Restore(r)
}
