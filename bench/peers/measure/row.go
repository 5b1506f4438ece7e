package measure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"roster/bench/peers/system"
	"roster/bench/peers/table"
)

// Row is one line of the table: what is done, and how.
type Row struct {
	table.Row
	// servers says that it is about the servers, and the store does not matter.
	servers bool
	// without are systems that have no such figure.
	without []string
	run     func(ctx context.Context, b *Bench, store string) (table.Sample, error)
}

// For reports whether the row is measured for a store of a system: what is about
// servers is measured once, with the store that counts first.
func (r Row) For(s system.System, store string) bool {
	return !slices.Contains(r.without, s.Name()) && (!r.servers || store == s.Stores()[0])
}

// Run measures the row once.
func (r Row) Run(ctx context.Context, b *Bench, store string) (table.Sample, error) {
	sample, err := r.run(ctx, b, store)
	sample.Row, sample.Store, sample.System = r.Name, store, b.System.Name()
	return sample, err
}

// callerCounts are the numbers of callers of the rows that come in three.
var callerCounts = []int{1, 64, 256}

// Systems that have no figure for some rows.
var (
	noWrites = []string{"redis-noaof"}         // it keeps nothing
	noReads  = []string{"redis"}               // the log of writes is not part of a read
	noStore  = []string{"redis-noaof", "bare"} // bare keeps nothing either
)

// batchCallers is how many callers send batches.
const batchCallers = 16

// Rows returns all rows, in the order in which they are measured: what wants a quiet
// system first, what kills a server last.
func Rows() []Row {
	rows := []Row{idle(), memory()}
	for _, n := range callerCounts {
		rows = append(rows, load(fmt.Sprintf("put-%d", n), fmt.Sprintf("durable register or put, one of all records, %s", callers(n)), n, (*Bench).put, noWrites))
	}
	rows = append(rows,
		load("new-256", "durable register or put, a new record, 256 clients", 256, (*Bench).fresh, noStore),
		load("batch-16", "the same in batches of 100, 16 clients", batchCallers, (*Bench).batch, noStore))
	for _, n := range callerCounts {
		rows = append(rows, load(fmt.Sprintf("get-%d", n), fmt.Sprintf("look-up, local / serializable / direct, %s", callers(n)), n, look(system.Local), noReads))
	}
	for _, n := range callerCounts {
		rows = append(rows, load(fmt.Sprintf("lin-%d", n), fmt.Sprintf("look-up, linearizable / from the leader, %s", callers(n)), n, look(system.Linearizable), append([]string{"bare"}, noReads...)))
	}
	return append(rows, burst(), restart(), failover())
}

func callers(n int) string {
	if n == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients", n)
}

// Select returns the rows whose names begin with one of the words in a comma-separated
// list; an empty list selects all.
func Select(list string) ([]Row, error) {
	all := Rows()
	if list == "" {
		return all, nil
	}
	var out []Row
	for word := range strings.SplitSeq(list, ",") {
		found := false
		for _, r := range all {
			found = found || strings.HasPrefix(r.Name, word)
		}
		if !found {
			return nil, fmt.Errorf("no row begins with %q", word)
		}
	}
	for _, r := range all {
		if slices.ContainsFunc(strings.Split(list, ","), func(word string) bool { return strings.HasPrefix(r.Name, word) }) {
			out = append(out, r)
		}
	}
	return out, nil
}
