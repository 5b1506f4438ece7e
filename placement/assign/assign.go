package assign

import (
	"math"

	"roster"
)

// Bounds of a problem.
const (
	// CellsMax is the most costs of one problem: 64 MiB of them.
	CellsMax = 8 << 20
	// CostMax is how far a cost may be from zero: sums of all rows stay far from overflow.
	CostMax = 1 << 40
)

// Forbidden is the cost of a column that a row must not have.
const Forbidden = math.MaxInt64

// Nowhere is the column of a row that found none.
const Nowhere = -1

// Problem says what each row would cost in each column.
type Problem struct {
	// Costs has a slice for each row, all as long as there are columns.
	Costs [][]int64
	// Room is how many rows each column takes; nil: one.
	Room []int
}

// Solution is which column each row has.
type Solution struct {
	Columns []int // by row; Nowhere for one that found none
	Cost    int64 // the sum over the rows that have a column
}

// Validate reports an Invalid error for what Solve would get wrong.
func (p Problem) Validate() error {
	columns := p.columns()
	if columns > 0 && len(p.Costs) > CellsMax/columns {
		return roster.Invalid("costs", "%d rows of %d columns; at most %d costs", len(p.Costs), columns, CellsMax)
	}
	if p.Room != nil && len(p.Room) != columns {
		return roster.Invalid("room", "is for %d columns; there are %d", len(p.Room), columns)
	}
	for c, room := range p.Room {
		if room < 0 {
			return roster.Invalid("room", "column %d has %d; want 0 or more", c, room)
		}
	}
	for r, row := range p.Costs {
		if len(row) != columns {
			return roster.Invalid("costs", "row %d has %d columns, the first has %d", r, len(row), columns)
		}
		for c, cost := range row {
			if cost != Forbidden && (cost > CostMax || cost < -CostMax) {
				return roster.Invalid("costs", "row %d, column %d: %d; want at most %d from zero", r, c, cost, int64(CostMax))
			}
		}
	}
	return nil
}

func (p Problem) columns() int {
	if len(p.Costs) == 0 {
		return len(p.Room)
	}
	return len(p.Costs[0])
}

// Solve gives every row, in their order, a column if there is room, so that the sum of
// the costs is the least. The error is that of Validate.
func Solve(p Problem) (Solution, error) {
	if err := p.Validate(); err != nil {
		return Solution{}, err
	}
	s := newSearch(p)
	for r := range p.Costs {
		if s.claim(r) {
			continue
		}
		if end := s.reach(r); end != Nowhere {
			s.augment(r, end)
		}
	}
	out := Solution{Columns: s.at}
	for r, c := range s.at {
		if c != Nowhere {
			out.Cost += p.Costs[r][c]
		}
	}
	return out, nil
}
