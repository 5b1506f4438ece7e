package nemesis

import (
	"fmt"
	"strings"
	"time"
)

// Kind is what happens.
type Kind string

// The kinds of faults. Nodes are those of Fault.Nodes, By is Fault.By.
const (
	Kill      Kind = "kill"       // the processes end; their machines say so to whom they spoke
	PowerCut  Kind = "power cut"  // the machines end; writes under way are lost
	Pause     Kind = "pause"      // nothing comes or goes, and the disk hangs
	Isolate   Kind = "isolate"    // the nodes, each alone
	Split     Kind = "split"      // the nodes from all others
	Mute      Kind = "mute"       // what a node sends does not arrive; it hears others
	Deaf      Kind = "deaf"       // a node hears nothing; what it sends arrives
	Cut       Kind = "cut"        // two nodes do not hear one another; both hear the others
	Flap      Kind = "flap"       // as Cut, for By, and then not, for By
	SlowLinks Kind = "slow links" // deliveries of all links take up to By longer
	SlowNode  Kind = "slow node"  // deliveries from and to a node take up to By longer
	Loss      Kind = "loss"       // of By per thousand of all packets; as many are doubled
	SlowDisk  Kind = "slow disk"  // writes take By longer
	HungDisk  Kind = "hung disk"  // writes hang
	BadDisk   Kind = "bad disk"   // writes fail
	Jump      Kind = "jump"       // the wall clock of a node, by By
	Drain     Kind = "drain"      // a node gives its votes away, and may take them again
	HandOver  Kind = "hand over"  // a node gives its leaderships away, and may take them again
	Leave     Kind = "leave"      // a node gives its votes away and goes for good, if it can
)

// Fault is one thing that happens.
type Fault struct {
	Kind  Kind
	At    time.Duration // from the beginning
	For   time.Duration
	Nodes []int
	By    time.Duration // how much, where that has a meaning
}

// String is a line to read.
func (f Fault) String() string {
	var names []string
	for _, n := range f.Nodes {
		names = append(names, fmt.Sprintf("n%d", n))
	}
	text := fmt.Sprintf("%7.3fs for %7.3fs  %-10s %s", f.At.Seconds(), f.For.Seconds(), f.Kind, strings.Join(names, " "))
	if f.By != 0 {
		text += fmt.Sprintf(" by %v", f.By)
	}
	return strings.TrimRight(text, " ")
}

// Schedule is what happens in one run.
type Schedule struct {
	Seed   uint64
	Nodes  int
	Faults []Fault
}

// String is a table with a line for each fault, which begins with its number.
func (s Schedule) String() string {
	text := fmt.Sprintf("seed %d, %d nodes\n", s.Seed, s.Nodes)
	for i, f := range s.Faults {
		text += fmt.Sprintf("%2d %v\n", i, f)
	}
	return text
}

// Only returns a schedule of some faults, by number: which of them does it take?
func (s Schedule) Only(numbers ...int) Schedule {
	some := Schedule{Seed: s.Seed, Nodes: s.Nodes}
	for _, i := range numbers {
		if i >= 0 && i < len(s.Faults) {
			some.Faults = append(some.Faults, s.Faults[i])
		}
	}
	return some
}
