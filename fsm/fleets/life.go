package fleets

import (
	"roster"
	"roster/fleet"
)

// turn gives a member a status, for a reason.
func (t *Table) turn(at Turn, r *roster.Record, to roster.Status, reason string) *roster.Record {
	next := *r
	return t.become(at, r, &next, to, reason)
}

// become is turn of a record that changes otherwise too. Who has no node any more lives
// under a new epoch: what it still does there is refused.
func (t *Table) become(at Turn, r, next *roster.Record, to roster.Status, reason string) *roster.Record {
	run, _ := t.runs.Get(r.ID)
	run.Since, run.Reason = at.Now, reason
	t.keep(r.ID, run)
	next.Status = to
	next.Revision, next.UpdatedAt = at.Index, at.Wall
	switch to {
	case roster.StatusRunning:
		next.Health = roster.Health{State: roster.Passing}
	case roster.StatusStarting, roster.StatusStopping, roster.StatusRetiring:
		next.Health = roster.Health{State: roster.Critical, Reason: string(to)}
	default:
		next.Health = roster.Health{State: roster.Critical, Reason: cut(string(to) + ": " + reason)}
		next.Node, next.Epoch = "", roster.Epoch(at.Index)
	}
	at.Roll.Store(r, next, false)
	return next
}

// keep stores a run and when it is placed again.
func (t *Table) keep(id roster.AgentID, run fleet.Run) {
	if old, ok := t.runs.Set(id, run); ok && old.Again != 0 {
		t.waiting.Drop(id, old.Again)
	}
	if run.Again != 0 {
		t.waiting.Set(id, run.Again)
	}
}

// cut shortens a reason.
func cut(reason string) string {
	if len(reason) > fleet.ReasonMax {
		return reason[:fleet.ReasonMax]
	}
	return reason
}

// member returns the record and the run of a member, under an epoch unless that is zero.
func (t *Table) member(at Turn, id roster.AgentID, epoch roster.Epoch) (*roster.Record, fleet.Run, error) {
	if err := id.Validate(); err != nil {
		return nil, fleet.Run{}, err
	}
	run, ok := t.runs.Get(id)
	r, there := at.Roll.Get(id)
	switch {
	case !ok || !there:
		return nil, run, roster.Errorf(roster.CodeNotFound, "no fleet runs %s", id)
	case epoch != 0 && epoch != r.Epoch:
		return nil, run, roster.Errorf(roster.CodeConflict, "%s lives under epoch %d, not %d", id, r.Epoch, epoch)
	}
	return r, run, nil
}

func updated(r *roster.Record) (roster.Change, error) {
	return roster.Change{Outcome: roster.OutcomeUpdated, Record: r}, nil
}

func unchanged(r *roster.Record) (roster.Change, error) {
	return roster.Change{Outcome: roster.OutcomeUnchanged, Record: r}, nil
}

// place puts a member on a node under a new epoch, or takes it off one that is gone.
func (t *Table) place(at Turn, c fleet.Place) (roster.Change, error) {
	r, run, err := t.member(at, c.Agent, c.If)
	switch {
	case err != nil:
		return roster.Change{}, err
	case len(c.Node) > roster.NodeTextMax || c.If == 0:
		return roster.Change{}, roster.Invalid("node", "a placement wants an epoch and a node of at most %d bytes", roster.NodeTextMax)
	case c.Node == "":
		return t.release(at, r, cut(c.Reason))
	case r.Status == roster.StatusRetiring:
		return roster.Change{}, roster.Errorf(roster.CodeRefused, "%s is to go", c.Agent)
	case r.Status == roster.StatusStopped, r.Status == roster.StatusSuspended, r.Status == roster.StatusFailed:
		return roster.Change{}, roster.Errorf(roster.CodeRefused, "%s is %s, and not to be placed now", c.Agent, r.Status)
	}
	id, n, _ := fleet.Of(c.Agent)
	s, _ := t.fleets.Get(id)
	run.Generation, run.Reason, run.Since, run.Wish, run.Again = s.Generation, cut(c.Reason), at.Now, "", 0
	t.keep(c.Agent, run)
	next := *r
	next.Agent = s.Agent(n)
	next.Node, next.Status, next.Epoch = c.Node, roster.StatusStarting, roster.Epoch(at.Index)
	next.Health = roster.Health{State: roster.Critical, Reason: string(roster.StatusStarting)}
	next.Revision, next.UpdatedAt = at.Index, at.Wall
	at.Roll.Store(r, &next, true)
	return updated(&next)
}

// release takes a member off its node, where it runs no more: it goes, or waits for another.
func (t *Table) release(at Turn, r *roster.Record, reason string) (roster.Change, error) {
	switch {
	case r.Status == roster.StatusRetiring:
		t.remove(at, r)
		return roster.Change{Outcome: roster.OutcomeRemoved, Record: r}, nil
	case r.Node == "":
		run, _ := t.runs.Get(r.ID)
		run.Reason = reason
		t.keep(r.ID, run)
		return unchanged(r)
	}
	return updated(t.turn(at, r, roster.StatusRegistered, reason))
}

// recall stops a member where it runs, so that it is placed anew.
func (t *Table) recall(at Turn, c fleet.Recall) (roster.Change, error) {
	r, run, err := t.member(at, c.Agent, c.If)
	switch {
	case err != nil:
		return roster.Change{}, err
	case len(c.Node) > roster.NodeTextMax || len(c.Reason) > fleet.ReasonMax:
		return roster.Change{}, roster.Invalid("reason", "at most %d bytes, and %d of a node", fleet.ReasonMax, roster.NodeTextMax)
	case r.Status == roster.StatusRetiring:
		return roster.Change{}, roster.Errorf(roster.CodeRefused, "%s is to go", c.Agent)
	}
	run.Wish, run.Failures, run.Again = c.Node, 0, 0
	if c.Leave && r.Node != "" && r.Node != c.Node {
		run.Shun = run.Avoid(r.Node, at.Now, at.Now+fleet.AgainMax)
	}
	t.keep(c.Agent, run)
	reason := c.Reason
	if reason == "" {
		reason = "recalled by an operator"
	}
	to := roster.StatusStopping
	if r.Node == "" {
		to = roster.StatusRegistered
	}
	return updated(t.turn(at, r, to, reason))
}

// report notes what became of a member on its node.
func (t *Table) report(at Turn, c fleet.Report) (roster.Change, error) {
	r, run, err := t.member(at, c.Agent, c.Epoch)
	switch {
	case err != nil:
		return roster.Change{}, err
	case c.Epoch == 0 || r.Node != c.Node || c.Node == "":
		return roster.Change{}, roster.Errorf(roster.CodeConflict, "%s is on node %q, not on %q", c.Agent, r.Node, c.Node)
	}
	reason := cut(c.Reason)
	leaving := r.Status == roster.StatusStopping || r.Status == roster.StatusRetiring
	switch c.Status {
	case roster.StatusStarting:
		return t.anew(at, r, reason)
	case roster.StatusRunning:
		if leaving || r.Status == roster.StatusRunning {
			return unchanged(r)
		}
		return updated(t.turn(at, r, roster.StatusRunning, run.Reason))
	case roster.StatusStopped:
		if leaving {
			return t.release(at, r, run.Reason)
		}
		return updated(t.turn(at, r, roster.StatusStopped, reason))
	case roster.StatusFailed:
		if leaving {
			return t.release(at, r, run.Reason)
		}
		return t.failed(at, r, run, reason)
	case roster.StatusRegistered:
		if leaving {
			return t.release(at, r, run.Reason)
		}
		run.Shun = run.Avoid(r.Node, at.Now, at.Now+fleet.ShunFull)
		t.keep(c.Agent, run)
		return updated(t.turn(at, r, roster.StatusRegistered, reason))
	}
	return roster.Change{}, roster.Invalid("status", "%.40q is nothing that a node reports", string(c.Status))
}

// anew begins a member once more on its node: what ran there before has ended with the
// node's process, and whatever is left of it acts under an old epoch.
func (t *Table) anew(at Turn, r *roster.Record, reason string) (roster.Change, error) {
	if r.Status != roster.StatusStarting && r.Status != roster.StatusRunning {
		return t.release(at, r, reason)
	}
	next := *r
	next.Epoch = roster.Epoch(at.Index)
	return updated(t.become(at, r, &next, roster.StatusStarting, reason))
}

// failed lets a member wait before it is placed again, not on the node where it failed; or
// be, if it is never run again.
func (t *Table) failed(at Turn, r *roster.Record, run fleet.Run, reason string) (roster.Change, error) {
	if r.Status == roster.StatusRunning && at.Now-run.Since >= fleet.Calm {
		run.Failures = 0
	}
	run.Failures++
	id, _, _ := fleet.Of(r.ID)
	if s, _ := t.fleets.Get(id); s.Spec.Restart.Again(true) {
		run.Again = at.Now + fleet.Pause(run.Failures)
		run.Shun = run.Avoid(r.Node, at.Now, run.Again+fleet.AgainMax)
	}
	t.keep(r.ID, run)
	return updated(t.turn(at, r, roster.StatusFailed, reason))
}
