package digest

import "roster"

// Verdict is what a comparison says of the replica that makes it.
type Verdict int

// The verdicts, the worse the higher.
const (
	Agrees  Verdict = iota // nothing speaks against it; too few may have been heard
	Split                  // replicas differ and no majority is equal: nobody knows who is right
	Differs                // a majority is equal, and this one is not
)

// Judge holds self's windows against those of the others that were heard, out of members
// replicas in all. It returns the worst verdict and the window that brought it.
func Judge(self roster.NodeID, members int, heard map[roster.NodeID][]Window) (worst Verdict, at uint64) {
	for _, mine := range heard[self] {
		if v := judge(mine, members, heard); v > worst {
			worst, at = v, mine.Last
		}
	}
	return worst, at
}

func judge(mine Window, members int, heard map[roster.NodeID][]Window) Verdict {
	majority := members/2 + 1
	votes, all := map[uint64]int{}, 0
	for _, windows := range heard {
		for _, w := range windows {
			if w.Last == mine.Last {
				votes[w.Sum]++
				all++
			}
		}
	}
	if len(votes) < 2 || votes[mine.Sum] >= majority {
		return Agrees
	}
	for sum, n := range votes {
		if sum != mine.Sum && n >= majority {
			return Differs
		}
	}
	if all < majority {
		return Agrees
	}
	return Split
}
