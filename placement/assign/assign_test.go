package assign_test

import (
	"math/rand/v2"
	"testing"

	"roster"
	"roster/placement/assign"
)

// random draws a problem that brute force can solve.
func random(r *rand.Rand) assign.Problem {
	rows, columns := 1+r.IntN(6), 1+r.IntN(5)
	p := assign.Problem{Room: make([]int, columns)}
	for c := range p.Room {
		p.Room[c] = r.IntN(4)
	}
	spread := []int64{2, 10, 1000, assign.CostMax}[r.IntN(4)]
	for range rows {
		row := make([]int64, columns)
		for c := range row {
			row[c] = r.Int64N(2*spread+1) - spread
			if r.IntN(5) == 0 {
				row[c] = assign.Forbidden
			}
		}
		p.Costs = append(p.Costs, row)
	}
	return p
}

// brute tries every way to give rows columns, and returns the rows that get one when
// earlier ones come first, and the least cost of those.
func brute(p assign.Problem) (in []bool, cost int64) {
	rows := len(p.Costs)
	room := append([]int{}, p.Room...)
	now := make([]bool, rows)
	var best []bool
	var walk func(r int, sum int64)
	walk = func(r int, sum int64) {
		if r == rows {
			if best == nil || before(now, best) || !before(best, now) && sum < cost {
				best, cost = append([]bool{}, now...), sum
			}
			return
		}
		for c, each := range p.Costs[r] {
			if each != assign.Forbidden && room[c] > 0 {
				room[c]--
				now[r] = true
				walk(r+1, sum+each)
				now[r] = false
				room[c]++
			}
		}
		walk(r+1, sum)
	}
	walk(0, 0)
	return best, cost
}

// before reports whether a has the first row that only one of them has.
func before(a, b []bool) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i]
		}
	}
	return false
}

func TestSolveEqualsBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	left := 0
	for n := range 10_000 {
		p := random(r)
		got, err := assign.Solve(p)
		if err != nil {
			t.Fatal(err)
		}
		in, cost := brute(p)
		check(t, p, got)
		for row, column := range got.Columns {
			if in[row] != (column != assign.Nowhere) {
				t.Fatalf("%d: %+v: row %d is in: %v, want %v", n, p, row, column != assign.Nowhere, in[row])
			}
			if !in[row] {
				left++
			}
		}
		if got.Cost != cost {
			t.Fatalf("%d: %+v: cost %d, want %d", n, p, got.Cost, cost)
		}
	}
	if left < 1000 {
		t.Errorf("only %d rows were left out: that tries nothing", left)
	}
}

// check holds a solution against what it may be at all.
func check(t *testing.T, p assign.Problem, s assign.Solution) {
	t.Helper()
	used, sum := make([]int, len(p.Room)), int64(0)
	for row, column := range s.Columns {
		if column == assign.Nowhere {
			continue
		}
		if p.Costs[row][column] == assign.Forbidden {
			t.Fatalf("row %d has column %d, which is forbidden", row, column)
		}
		sum += p.Costs[row][column]
		if used[column]++; used[column] > p.Room[column] {
			t.Fatalf("column %d has %d rows and room for %d", column, used[column], p.Room[column])
		}
	}
	if sum != s.Cost {
		t.Fatalf("the costs are %d, it says %d", sum, s.Cost)
	}
}

func TestValidate(t *testing.T) {
	for name, p := range map[string]assign.Problem{
		"ragged":          {Costs: [][]int64{{1, 2}, {1}}},
		"room of others":  {Costs: [][]int64{{1, 2}}, Room: []int{1}},
		"negative room":   {Costs: [][]int64{{1, 2}}, Room: []int{1, -1}},
		"cost too large":  {Costs: [][]int64{{assign.CostMax + 1}}},
		"cost too small":  {Costs: [][]int64{{-assign.CostMax - 1}}},
		"too many of all": {Costs: make([][]int64, assign.CellsMax+1), Room: []int{1}},
	} {
		if name == "too many of all" {
			p.Costs[0] = []int64{1}
		}
		if _, err := assign.Solve(p); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
	for name, p := range map[string]assign.Problem{"nothing": {}, "no rows": {Room: []int{1}}, "no columns": {Costs: [][]int64{{}}}} {
		if s, err := assign.Solve(p); err != nil || s.Cost != 0 {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

func square(n int) assign.Problem {
	r := rand.New(rand.NewPCG(3, 4))
	p := assign.Problem{Costs: make([][]int64, n)}
	for i := range p.Costs {
		p.Costs[i] = make([]int64, n)
		for j := range p.Costs[i] {
			p.Costs[i][j] = r.Int64N(1_000_000)
		}
	}
	return p
}

func BenchmarkSolve(b *testing.B) {
	for name, p := range map[string]assign.Problem{"100x100": square(100), "1000x1000": square(1000)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := assign.Solve(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
