package seed

import (
	"errors"
	"fmt"
	"strings"

	"roster"
	"roster/fsm"
	"roster/node/founding"
	"roster/shard/logstore"
	"roster/shard/offline"
)

// Recover makes the directory out of what is left of a cluster that has lost its quorums:
// the data directories of nodes that have stopped for good, each shard by the whole of its
// log. What was acknowledged and is in none of them is lost; what was in flight may come to
// count.
//
// Every shard is taken from the first directory, which is Refused where another has more of
// it; with fromHighest each shard is taken from where there is most. Conflict, where a
// directory is in use or is of another cluster than the first.
//
// Refused too, unless Config.Although is set, where other members answer that are, with the
// nodes of these directories, a majority of some shard: what they go on to acknowledge would
// not be in the new cluster.
func Recover(c Config, dirs []string, fromHighest bool) (result Result, err error) {
	all, err := openAll(dirs)
	defer func() { err = errors.Join(err, closeAll(all)) }()
	if err != nil {
		return Result{}, err
	}
	from, err := choose(all, fromHighest)
	if err != nil {
		return Result{}, err
	}
	if err := c.standing(all, from); err != nil {
		return Result{}, err
	}
	return grow(c, source{shards: len(from), state: func(id roster.ShardID) (*fsm.Machine, string, error) {
		m, _, err := from[id].files.Replay(id)
		if err != nil {
			return nil, "", fmt.Errorf("shard %v in %s: %w", id, from[id].dir, err)
		}
		return m, from[id].dir, nil
	}})
}

// survivor is one data directory that is left.
type survivor struct {
	*founding.Identity
	dir    string
	files  *offline.Files
	unlock func() error
}

// openAll opens the directories, which must be of nodes of one cluster. It returns also
// after an error what is to be closed.
func openAll(dirs []string) (all []*survivor, err error) {
	if len(dirs) == 0 {
		return nil, roster.Invalid("", "no data directory is named")
	}
	for _, dir := range dirs {
		s, err := openSurvivor(dir)
		if err != nil {
			return all, err
		}
		all = append(all, s)
		if s.ClusterID != all[0].ClusterID || s.Shards != all[0].Shards {
			return all, roster.Errorf(roster.CodeConflict, "%s belongs to another cluster than %s", dir, dirs[0])
		}
	}
	return all, nil
}

func openSurvivor(dir string) (*survivor, error) {
	id, err := founding.ReadIdentity(dir)
	if err != nil {
		return nil, err
	}
	if id.ClusterID == "" {
		return nil, roster.Errorf(roster.CodeInvalid, "data directory %s belongs to no cluster yet", dir)
	}
	unlock, err := founding.LockDir(dir)
	if err != nil {
		return nil, err
	}
	files, err := offline.Open(dir, logstore.Shared)
	if err != nil {
		return nil, errors.Join(founding.DirFault(dir, "cannot be used", err), unlock())
	}
	return &survivor{id, dir, files, unlock}, nil
}

func closeAll(all []*survivor) error {
	var faults []error
	for _, s := range all {
		faults = append(faults, s.files.Close(), s.unlock())
	}
	return errors.Join(faults...)
}

// choose returns for each shard the directory that it is taken from.
func choose(all []*survivor, fromHighest bool) ([]*survivor, error) {
	from := make([]*survivor, all[0].Shards+1)
	var behind []string
	for id := range roster.ShardID(len(from)) {
		best, why, err := highest(all, id)
		if err != nil {
			return nil, err
		}
		if from[id] = best; best != all[0] {
			behind = append(behind, why)
		}
	}
	if len(behind) > 0 && !fromHighest {
		return nil, roster.Errorf(roster.CodeRefused, "%s lacks what another has: %s; name that one first, or take each shard from where there is most (--from-highest)", all[0].dir, strings.Join(behind, "; "))
	}
	return from, nil
}

// highest returns the directory whose log of a shard goes furthest: the first of several.
func highest(all []*survivor, id roster.ShardID) (best *survivor, why string, err error) {
	var first, most offline.Position
	for i, s := range all {
		last, err := s.files.Last(id)
		if err != nil {
			return nil, "", fmt.Errorf("shard %v in %s: %w", id, s.dir, err)
		}
		if i == 0 {
			first = last
		}
		if i == 0 || most.Less(last) {
			best, most = s, last
		}
	}
	return best, fmt.Sprintf("shard %v ends at %v, in %s at %v", id, first, best.dir, most), nil
}
