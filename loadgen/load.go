package loadgen

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"roster"
)

// Bounds of one load.
const (
	WorkersMax = 1 << 16
	OpsMax     = 64 // kinds of operation, follow-ups included
	// TimeoutDefault bounds one operation where the Load does not say.
	TimeoutDefault = 10 * time.Second
	// rowsMax bounds the time series: longer runs get wider rows.
	rowsMax = 1800
)

// Op is one kind of operation.
type Op struct {
	// Name is what results call it; unique in a Load.
	Name string
	// Weight is its share of the operations whose kind the schedule leaves open.
	Weight int
	// Do carries out operation n. w belongs to the call until it returns. An error is
	// counted under its code and never ends the load.
	Do func(ctx context.Context, w *Worker, n uint64) error
}

// Load is what Drive carries out.
type Load struct {
	// Name is what the results are called.
	Name string
	// Seed decides the sequence of operations and keys.
	Seed uint64
	// Ops are the kinds of operation.
	Ops []Op
	// Schedule says when operations are meant to be sent; nil: a closed loop.
	Schedule Schedule
	// Workers is how many operations may be under way at once; 0: 1.
	Workers int
	// Warmup is how long the load runs before figures count, Duration how long they
	// count. Duration may not be zero unless Operations is not.
	Warmup, Duration time.Duration
	// Operations ends the load early, after so many; 0: Duration alone ends it.
	Operations uint64
	// Timeout bounds one operation; 0: TimeoutDefault.
	Timeout time.Duration
	// Code names an error in the results; nil: CodeOf.
	Code func(error) string
	// Progress hears of each finished row of the series, on one goroutine; nil: nobody.
	Progress func(Row)
}

// Codes of errors that are none of roster's.
const (
	CodeNotSent = "NotSent" // the most that may be outstanding were outstanding
	CodeTimeout = "Timeout" // the operation's own time was up
	CodeOther   = "Other"
)

// CodeOf names an error: roster's code where it has one.
func CodeOf(err error) string {
	if refusal, ok := errors.AsType[*roster.Error](err); ok {
		return string(refusal.Code)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return CodeTimeout
	}
	return CodeOther
}

// Validate reports every fault of the load.
func (l Load) Validate() error {
	var faults []error
	fault := func(bad bool, field, format string, args ...any) {
		if bad {
			faults = append(faults, roster.Invalid(field, format, args...))
		}
	}
	fault(len(l.Ops) == 0 || len(l.Ops) > OpsMax, "Ops", "%d kinds of operation: want 1 to %d", len(l.Ops), OpsMax)
	fault(l.Workers < 0 || l.Workers > WorkersMax, "Workers", "%d: want 1 to %d", l.Workers, WorkersMax)
	fault(l.Warmup < 0 || l.Duration < 0 || l.Timeout < 0, "Duration", "times may not be negative")
	fault(l.Duration == 0 && l.Operations == 0, "Duration", "want a duration or a number of operations")
	seen, weight := map[string]bool{}, 0
	for _, op := range l.Ops {
		fault(op.Name == "" || seen[op.Name], "Ops", "%q: want names, each once", op.Name)
		fault(op.Weight < 0 || op.Do == nil, "Ops", "%s: want a function and no negative weight", op.Name)
		seen[op.Name] = true
		weight += op.Weight
	}
	fault(weight == 0 && l.Schedule == nil, "Ops", "no kind has a weight")
	return errors.Join(faults...)
}

// withDefaults fills in what zero values stand for.
func (l Load) withDefaults() Load {
	l.Workers = max(l.Workers, 1)
	if l.Timeout == 0 {
		l.Timeout = TimeoutDefault
	}
	if l.Code == nil {
		l.Code = CodeOf
	}
	return l
}

// rowEvery is how much time one row of the series spans.
func (l Load) rowEvery() time.Duration {
	return max(time.Second, ((l.Warmup + l.Duration) / rowsMax).Truncate(time.Second))
}

// Worker is who carries out an operation: one at a time.
type Worker struct {
	// ID counts workers from 0.
	ID int
	// Rand is seeded anew for each operation, from the load's seed and the
	// operation's number.
	Rand *rand.Rand

	source   *rand.PCG
	recorder *recorder
	follows  []follow
}

// seed readies w for operation n.
func (w *Worker) seed(seed, n uint64) { w.source.Seed(seed, mix(n)) }

// mix spreads consecutive numbers over all 64 bits, so that the generators that they
// seed have nothing in common. It is the finalizer of SplitMix64 (Steele et al. 2014).
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// follow is a further operation that a worker is to carry out.
type follow struct {
	name string
	do   func(ctx context.Context) error
}

// Follow has a further operation carried out that can only begin after this one, such
// as taking away what it put there. It begins once this one is counted, if that
// succeeded, and is counted under its own name and from its own beginning.
func (w *Worker) Follow(name string, do func(ctx context.Context) error) {
	w.follows = append(w.follows, follow{name, do})
}

// pick returns which of ops operation n is, by weight.
func pick(r *rand.Rand, ops []Op, total int) int {
	at := r.IntN(max(total, 1))
	return max(0, slices.IndexFunc(ops, func(op Op) bool {
		at -= op.Weight
		return at < 0
	}))
}
