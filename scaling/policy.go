package scaling

import (
	"time"

	"roster"
)

// Bounds of a Policy.
const (
	MembersMax = 10000 // as many as a fleet may have
	QueueMax   = 1_000_000
	PauseMax   = 24 * time.Hour
)

// What a Policy means where it says nothing.
const (
	ToleranceDefault = 10 // percent
	DownDefault      = time.Minute
)

// Policy says how a fleet's number of members follows its load: it is held between Min and
// Max, so that none of the targets that are set is exceeded. The zero value scales nothing.
type Policy struct {
	Min int `json:"min"`
	Max int `json:"max"`
	// Queue is how many messages may wait for each member; 0 sets no such target.
	Queue int `json:"queue,omitempty"`
	// Busy is what share of its time each member may work, in percent; 0: no target.
	Busy int `json:"busy,omitempty"`
	// Wait is how long a message may wait before its member takes it; 0: no target.
	Wait roster.Duration `json:"wait,omitzero"`
	// Tolerance is by what share, in percent, a figure may be off its target without any
	// change; 0 is ToleranceDefault.
	Tolerance int `json:"tolerance,omitempty"`
	// Up is how long after a change the fleet may grow again; 0 is at once. Down is for how
	// long fewer members must have been enough before it shrinks; 0 is DownDefault. A fleet
	// that grows again soon after it has shrunk waits twice as long, at most eight times.
	Up   roster.Duration `json:"up,omitzero"`
	Down roster.Duration `json:"down,omitzero"`
	// Idle is how long a fleet whose Min is 0 must have had nothing to do to be without
	// members; 0: it keeps one. The first message for a member brings one back.
	Idle roster.Duration `json:"idle,omitzero"`
}

// Filled returns p with its defaults.
func (p Policy) Filled() Policy {
	if p.Tolerance == 0 {
		p.Tolerance = ToleranceDefault
	}
	if p.Down == 0 {
		p.Down = roster.Duration(DownDefault)
	}
	return p
}

// floor is the fewest members of a fleet that has something to do.
func (p Policy) floor() int { return max(1, p.Min) }

// Within returns the count between the bounds that is the nearest.
func (p Policy) Within(count int) int { return max(p.Min, min(count, p.Max)) }

// On reports whether the policy scales anything.
func (p Policy) On() bool { return p != Policy{} }

// Validate reports the first fault as an Invalid error that names the field. The zero value
// is valid.
func (p Policy) Validate() error {
	switch {
	case !p.On():
		return nil
	case p.Min < 0 || p.Min > MembersMax:
		return roster.Invalid("scaling.min", "%d members: want 0 to %d", p.Min, MembersMax)
	case p.Max < max(1, p.Min) || p.Max > MembersMax:
		return roster.Invalid("scaling.max", "%d members: want %d to %d", p.Max, max(1, p.Min), MembersMax)
	case p.Queue < 0 || p.Queue > QueueMax:
		return roster.Invalid("scaling.queue", "%d messages: want 0 to %d", p.Queue, QueueMax)
	case p.Busy < 0 || p.Busy > 100:
		return roster.Invalid("scaling.busy", "%d %%: want 0 to 100", p.Busy)
	case p.Queue == 0 && p.Busy == 0 && p.Wait == 0:
		return roster.Invalid("scaling", "nothing is aimed at: want queue, busy or wait")
	case p.Tolerance < 0 || p.Tolerance > 100:
		return roster.Invalid("scaling.tolerance", "%d %%: want 0 to 100", p.Tolerance)
	case p.Idle != 0 && p.Min != 0:
		return roster.Invalid("scaling.idle", "a fleet that keeps %d members is never without one", p.Min)
	}
	return p.validatePauses()
}

func (p Policy) validatePauses() error {
	for _, x := range [...]struct {
		field string
		value roster.Duration
	}{{"wait", p.Wait}, {"up", p.Up}, {"down", p.Down}, {"idle", p.Idle}} {
		if d := time.Duration(x.value); d < 0 || d > PauseMax {
			return roster.Invalid("scaling."+x.field, "%v: want 0 to %v", d, PauseMax)
		}
	}
	return nil
}
