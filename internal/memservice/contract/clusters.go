package contract

import (
	"bytes"

	"roster"
	"roster/backup"
)

// cluster looks at what operators see; what it looks like depends on the service.
func cluster(f *fixture) {
	members, err := f.s.Members(f.ctx)
	f.must(err)
	shards, err := f.s.Shards(f.ctx)
	f.must(err)
	status, err := f.s.Status(f.ctx)
	f.must(err)
	if len(members) == 0 || len(shards) == 0 || status.Node == "" || status.Durability == "" {
		f.Fatalf("%d members, %d shards, status %+v", len(members), len(shards), status)
	}
	known := make(map[roster.NodeID]bool)
	for _, m := range members {
		known[m.ID] = true
		if m.LeaderOf == nil || m.VoterOf == nil || m.ReaderOf == nil {
			f.Errorf("member %s has a list that is null", m.ID)
		}
	}
	if !known[status.Node] {
		f.Errorf("%s is not among the members", status.Node)
	}
	for _, s := range shards {
		if s.Leader != "" && !known[s.Leader] {
			f.Errorf("shard %d is led by %s, who is no member", s.ID, s.Leader)
		}
	}
	checks, err := f.s.Ready(f.ctx)
	f.must(err)
	for _, c := range checks {
		if !c.OK {
			f.Errorf("not ready: %+v", c)
		}
	}
	_, err = f.s.Join(f.ctx, nil)
	f.refused(err, roster.CodeInvalid)
}

// backups sees that an archive holds what was acknowledged before it was asked for.
func backups(f *fixture) {
	change, stamp, err := f.s.Register(f.ctx, roster.Register{Agent: roster.Agent{ID: f.id("a")}})
	f.must(err)
	var b bytes.Buffer
	f.must(f.s.Backup(f.ctx, &b))
	a, err := backup.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	f.must(err)
	if a.Agents() == 0 || a.Cluster == "" || a.MapVersion == 0 || a.Shards[change.Record.Shard].Index < stamp.Index {
		f.Errorf("%s was registered at %d; the archive has %+v", change.Record.ID, stamp.Index, a.Manifest)
	}
}
