package assign

import "math"

// unreached is a distance that is longer than any path.
const unreached = math.MaxInt64

// search is a matching that grows by one row at a time. Between two rows hold, for every
// cost that is not Forbidden:
//
//	cost[r][c] - row[r] - column[c] ≥ 0, and = 0 where r has c
//	column[c] ≤ 0, and = 0 while c has room
//
// which is what makes the matching one of least cost (complementary slackness).
type search struct {
	costs   [][]int64
	row     []int64 // the price of a row
	column  []int64 // the price of a column
	at      []int   // the column of each row
	holds   [][]int // the rows of each column
	room    []int   // of each column, what is left
	reached []int64 // the distance to each column from the row that wants one
	from    []int   // the row over which a column was reached
	done    []bool  // columns whose distance is final
	order   []int   // those columns, by distance
}

func newSearch(p Problem) *search {
	rows, columns := len(p.Costs), p.columns()
	s := &search{costs: p.Costs, row: make([]int64, rows), column: make([]int64, columns), at: make([]int, rows),
		holds: make([][]int, columns), room: make([]int, columns), reached: make([]int64, columns),
		from: make([]int, columns), done: make([]bool, columns)}
	for r := range s.at {
		s.at[r] = Nowhere
	}
	for c := range s.room {
		s.room[c] = 1
		if p.Room != nil {
			s.room[c] = p.Room[c]
		}
	}
	return s
}

// claim prices a new row, and takes its cheapest column if that has room.
func (s *search) claim(r int) bool {
	best, cheapest := Nowhere, int64(unreached)
	for c, cost := range s.costs[r] {
		if cost != Forbidden && cost-s.column[c] < cheapest {
			best, cheapest = c, cost-s.column[c]
		}
	}
	if best == Nowhere {
		return false
	}
	s.row[r] = cheapest
	if s.room[best] == 0 {
		return false
	}
	s.put(r, best)
	s.room[best]--
	return true
}

// reach finds the nearest column with room, over columns that are full and whose rows
// could go elsewhere (Dijkstra); Nowhere if there is none.
func (s *search) reach(r int) int {
	for c := range s.reached {
		s.reached[c], s.done[c] = unreached, false
	}
	s.order = s.order[:0]
	s.relax(r, 0)
	for {
		c := s.nearest()
		if c == Nowhere || s.room[c] > 0 {
			return c
		}
		s.done[c] = true
		s.order = append(s.order, c)
		for _, held := range s.holds[c] {
			s.relax(held, s.reached[c])
		}
	}
}

// relax shortens the ways to columns by those over a row.
func (s *search) relax(r int, distance int64) {
	base := distance - s.row[r]
	for c, cost := range s.costs[r] {
		if cost == Forbidden || s.done[c] {
			continue
		}
		if d := base + cost - s.column[c]; d < s.reached[c] {
			s.reached[c], s.from[c] = d, r
		}
	}
}

func (s *search) nearest() int {
	best, least := Nowhere, int64(unreached)
	for c, d := range s.reached {
		if d < least && !s.done[c] {
			best, least = c, d
		}
	}
	return best
}

// augment moves the rows on the way to end one column further and lets r in, after the
// prices have been changed so that every step of the way is free.
func (s *search) augment(r, end int) {
	length := s.reached[end]
	for _, c := range s.order {
		s.column[c] += s.reached[c] - length
		for _, held := range s.holds[c] {
			s.row[held] += length - s.reached[c]
		}
	}
	s.row[r] += length
	s.room[end]--
	for c := end; ; {
		mover := s.from[c]
		left := s.at[mover]
		if left != Nowhere {
			s.take(mover, left)
		}
		s.put(mover, c)
		if mover == r {
			return
		}
		c = left
	}
}

func (s *search) put(r, c int) {
	s.at[r] = c
	s.holds[c] = append(s.holds[c], r)
}

func (s *search) take(r, c int) {
	rows := s.holds[c]
	for i, held := range rows {
		if held == r {
			rows[i] = rows[len(rows)-1]
			s.holds[c] = rows[:len(rows)-1]
			return
		}
	}
}
