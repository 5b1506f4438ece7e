package fleet

import (
	"roster"
	"roster/placement"
)

// Bounds of a Limit, and what it means where it says nothing.
const (
	MemoryDefault = 50 << 20 // bytes
	SoftDefault   = 80       // percent
)

// Limit bounds what a member takes of its node's memory.
type Limit struct {
	// Memory is how much it may take: one that takes more is ended, and run again as its
	// Restart says; 0 is MemoryDefault of a function, and no limit of a program: see
	// [Spec.Bound]. Its CPU is not limited.
	Memory placement.Size `json:"memory,omitempty"`
	// Soft is the share of Memory, in percent, above which it is asked to take less; 0 is
	// SoftDefault.
	Soft int `json:"soft,omitempty"`
}

// Filled returns l with its defaults.
func (l Limit) Filled() Limit {
	if l.Memory == 0 {
		l.Memory = MemoryDefault
	}
	if l.Soft == 0 {
		l.Soft = SoftDefault
	}
	return l
}

// Bound returns the limit that holds for a member, with its defaults; false: none does. A
// function is held to the default, a program to what its spec names alone: most take more
// than that before they do anything. What runs elsewhere is not this node's to limit.
func (s *Spec) Bound() (Limit, bool) {
	return s.Limit.Filled(), s.Driver == Inproc || s.Driver == Exec && s.Limit.Memory > 0
}

func (l Limit) validate() error {
	switch {
	case l.Memory < 0:
		return roster.Invalid("limit.memory", "%d bytes: want 0 or more", int64(l.Memory))
	case l.Soft < 0 || l.Soft > 100:
		return roster.Invalid("limit.soft", "%d %%: want 0 to 100", l.Soft)
	}
	return nil
}
