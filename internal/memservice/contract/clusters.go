package contract

import "roster"

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
