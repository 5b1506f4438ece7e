package fleet

import (
	"slices"

	"roster"
	"roster/placement"
)

// Word is what a member says of itself.
type Word string

// The four.
const (
	Ready      Word = "ready"      // it works, and takes more
	Overloaded Word = "overloaded" // it works, and would rather not take more: its health is warning
	Finishing  Word = "finishing"  // it takes nothing new: its health is warning
	Done       Word = "done"       // it has nothing left to do, and is ended as if it had returned
)

// Words lists every Word.
var Words = []Word{Ready, Overloaded, Finishing, Done}

// ProgressMax bounds what a member says of how far it is, in bytes.
const ProgressMax = 256

// Standing is what a running member reports: soft state, which its node keeps as long as the
// member runs there, the last one alone.
type Standing struct {
	Word Word `json:"word"`
	// Busy is the share of its time that it works, in percent.
	Busy int `json:"busy"`
	// Memory is what it holds, as far as it knows; its node asks the kernel about a program.
	Memory   placement.Size `json:"memory,omitempty"`
	Progress string         `json:"progress,omitempty"` // how far it is, for people
}

// Said is what a member has said of itself, where and how long ago.
type Said struct {
	Agent roster.AgentID `json:"agent"`
	Epoch roster.Epoch   `json:"epoch"`
	Node  roster.NodeID  `json:"node"`
	Standing
	Age roster.Duration `json:"age"`
}

// Validate reports an Invalid error that names the field.
func (s Standing) Validate() error {
	switch {
	case !slices.Contains(Words, s.Word):
		return roster.Invalid("word", "%.40q: want one of %v", string(s.Word), Words)
	case s.Busy < 0 || s.Busy > 100:
		return roster.Invalid("busy", "%d %%: want 0 to 100", s.Busy)
	case s.Memory < 0:
		return roster.Invalid("memory", "%d bytes: want 0 or more", int64(s.Memory))
	case len(s.Progress) > ProgressMax || !plain(s.Progress):
		return roster.Invalid("progress", "want text of at most %d bytes", ProgressMax)
	}
	return nil
}
