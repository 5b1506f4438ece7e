package nemesis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"roster"
	"roster/internal/testcluster"
)

// lookEvery is how often the supervisor looks for nodes that have stopped.
const lookEvery = 250 * time.Millisecond

// run is a schedule that is carried out. Everything but handing leaderships over happens
// on one goroutine.
type run struct {
	c      *testcluster.Cluster
	start  time.Time
	active map[int]Fault // those that go on, by number
	ids    []roster.NodeID
	gone   []bool // whose machine says nothing
	excuse []bool // who may stop by itself: its disk failed or hung
	asked  []bool // who was to give its votes away
	left   []bool // who has left for good
	trace  []string
	// handing is who gives its leaderships away: other faults go on meanwhile.
	handing sync.WaitGroup
}

// step is the beginning or the end of a fault.
type step struct {
	at    time.Duration
	fault int
	on    bool
}

// Report says what happened.
type Report struct {
	Healed time.Time // when no fault was left and all nodes had been started
	Left   []bool    // which nodes have left for good
	Trace  []string  // what happened when, a line each
}

// Run lets the faults of s happen to c, whose nodes are ready, and heals everything. It
// must be called by the scenario's own goroutine.
func Run(c *testcluster.Cluster, s Schedule) Report {
	r := &run{c: c, start: time.Now(), active: make(map[int]Fault), gone: make([]bool, c.Size()),
		excuse: make([]bool, c.Size()), asked: make([]bool, c.Size()), left: make([]bool, c.Size())}
	for i := range c.Size() {
		r.ids = append(r.ids, c.Node(i).ID())
	}
	for _, step := range s.steps() {
		r.wait(step.at)
		if f := s.Faults[step.fault]; step.on {
			r.begin(step.fault, f)
		} else {
			r.end(step.fault, f)
		}
	}
	healed := r.heal()
	return Report{Healed: healed, Left: r.left, Trace: r.trace}
}

// steps are what there is to do, in order.
func (s Schedule) steps() []step {
	var all []step
	for i, f := range s.Faults {
		end := f.At + f.For
		if f.Kind != Flap {
			all = append(all, step{f.At, i, true}, step{end, i, false})
			continue
		}
		for at := f.At; at < end; at += 2 * f.By {
			all = append(all, step{at, i, true}, step{min(end, at+f.By), i, false})
		}
	}
	slices.SortStableFunc(all, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return all
}

// wait lets time pass and starts what stops meanwhile.
func (r *run) wait(until time.Duration) {
	for left := until - time.Since(r.start); left > 0; left = until - time.Since(r.start) {
		<-time.After(min(left, lookEvery))
		r.supervise()
	}
}

func (r *run) begin(number int, f Fault) {
	r.tell("%d begins: %s %v", number, f.Kind, f.Nodes)
	r.active[number] = f
	r.shape()
	switch f.Kind {
	case Kill:
		r.kill(f.Nodes, false)
	case PowerCut:
		r.kill(f.Nodes, true)
	case Pause, HungDisk, BadDisk, SlowDisk:
		r.spoil(f)
	case Jump:
		r.c.JumpClock(f.Nodes[0], f.By)
	case HandOver:
		r.handOver(f.Nodes[0])
	case Drain, Leave:
		_ = r.drain(f.Nodes[0], true) // who cannot be asked is not drained
	}
}

func (r *run) end(number int, f Fault) {
	r.tell("%d ends: %s %v", number, f.Kind, f.Nodes)
	delete(r.active, number)
	r.shape()
	switch f.Kind {
	case Pause, HungDisk, BadDisk, SlowDisk:
		r.mend(f)
	case Drain:
		_ = r.drain(f.Nodes[0], false) // heal tries again
	case Leave:
		if r.leave(f.Nodes[0]) != nil {
			_ = r.drain(f.Nodes[0], false)
		}
	}
	r.supervise()
}

// heal ends whatever goes on still, starts who is down, and only then takes back what was
// asked of nodes: that takes a cluster which works.
func (r *run) heal() time.Time {
	for _, number := range slices.Sorted(maps.Keys(r.active)) {
		r.end(number, r.active[number])
	}
	r.handing.Wait()
	r.supervise()
	r.tell("all is healed")
	healed := time.Now()
	for i := range r.ids {
		r.c.Await(fmt.Sprintf("n%d votes again or has left", i), func() error { return r.settle(i) })
	}
	return healed
}

func (r *run) tell(format string, args ...any) {
	r.trace = append(r.trace, fmt.Sprintf("%7.3fs ", time.Since(r.start).Seconds())+fmt.Sprintf(format, args...))
}
