package memory

import "roster/fleet"

// Verdict is what an agent's use of memory calls for.
type Verdict int

// The three.
const (
	Fine Verdict = iota
	Soft         // it is to be asked for less
	Hard         // it is to be ended, and run again
)

// String returns the verdict's name.
func (v Verdict) String() string { return [...]string{"fine", "soft", "hard"}[v] }

// Judge holds what an agent takes, in bytes, against its limit, whose defaults are filled
// in. Exactly a limit is within it.
func Judge(used int64, limit fleet.Limit) Verdict {
	switch {
	case used > int64(limit.Memory):
		return Hard
	case used > share(int64(limit.Memory), limit.Soft*10):
		return Soft
	}
	return Fine
}

// share returns so many thousandths of n, which may be as large as there are.
func share(n int64, thousandths int) int64 {
	return n/1000*int64(thousandths) + n%1000*int64(thousandths)/1000
}
