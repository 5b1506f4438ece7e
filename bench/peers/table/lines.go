package table

import (
	"fmt"
	"strconv"
)

// rivals are the columns of the summary: each holds the first of its stores that has
// the row.
var rivals = []struct {
	title  string
	stores []string
}{
	{"etcd", []string{"etcd"}},
	{"NATS", []string{"nats"}},
	{"Redis", []string{"redis", "redis-noaof"}},
	{"bare HTTP", []string{"bare"}},
}

// summary has a line for each row: values, and ratios to what stores something.
func (r *Report) summary() [][]string {
	out := [][]string{append(append([]string{"row", "what", "unit"}, compared()...), "better is")}
	for _, row := range r.Rows {
		better := "lower"
		if row.Higher {
			better = "higher"
		}
		out = append(out, append(append([]string{row.Name, row.Title, row.Unit}, r.compare(row.Name, value)...), better))
	}
	return out
}

// processor has a line for each row in which operations were counted.
func (r *Report) processor() [][]string {
	out := [][]string{append([]string{"row"}, compared()...)}
	for _, row := range r.Rows {
		if medianOf(r.Of(row.Name, Ours), serverCPU) > 0 {
			out = append(out, append([]string{row.Name}, r.compare(row.Name, serverCPU)...))
		}
	}
	return out
}

// compared are the headings of what compare returns.
func compared() []string {
	out := []string{"Roster"}
	for _, rival := range rivals {
		out = append(out, rival.title)
	}
	for _, rival := range rivals[:len(rivals)-1] {
		out = append(out, "Roster ÷ "+rival.title)
	}
	return out
}

// compare returns a figure of Roster's and of each rival, and the ratios. The last rival
// stores nothing: it is a ceiling, and no ratio is taken to it.
func (r *Report) compare(row string, figure func(Sample) float64) []string {
	out := []string{r.median(row, Ours, figure)}
	for _, rival := range rivals {
		out = append(out, r.median(row, r.first(row, rival.stores), figure))
	}
	for _, rival := range rivals[:len(rivals)-1] {
		out = append(out, r.ratio(row, r.first(row, rival.stores), figure))
	}
	return out
}

// first returns the first of stores that has the row, or the first.
func (r *Report) first(row string, stores []string) string {
	for _, store := range stores {
		if len(r.Of(row, store)) > 0 {
			return store
		}
	}
	return stores[0]
}

func (r *Report) median(row, store string, figure func(Sample) float64) string {
	samples := r.Of(row, store)
	if len(samples) == 0 {
		return "-"
	}
	return number(medianOf(samples, figure))
}

func (r *Report) ratio(row, store string, figure func(Sample) float64) string {
	ratio, ok := r.ratioOf(row, store, figure)
	if !ok {
		return "-"
	}
	return number(ratio) + "×"
}

// details has a line for each row and store.
func (r *Report) details() [][]string {
	out := [][]string{{"row", "through", "value [least..most]", "unit", "p50 ms", "p95 ms", "p99 ms", "errors", "server µs", "client µs", "other cores", "load", "Roster ÷ this"}}
	for _, row := range r.Rows {
		for _, store := range r.Stores() {
			if samples := r.Of(row.Name, store); len(samples) > 0 {
				out = append(out, r.detail(row, store, samples))
			}
		}
	}
	return out
}

func (r *Report) detail(row Row, store string, samples []Sample) []string {
	median := func(figure func(Sample) float64) string {
		if v := medianOf(samples, figure); v != 0 {
			return number(v)
		}
		return "-"
	}
	unit := row.Unit
	if anon := medianOf(samples, func(s Sample) float64 { return s.Anon }); anon > 0 {
		unit += fmt.Sprintf(" (%s without mapped files)", number(anon))
	}
	return []string{
		row.Name, store, spread(values(samples)), unit,
		median(func(s Sample) float64 { return s.P50 }), median(func(s Sample) float64 { return s.P95 }), median(func(s Sample) float64 { return s.P99 }),
		failures(samples),
		median(func(s Sample) float64 { return s.ServerCPU }), median(func(s Sample) float64 { return s.ClientCPU }),
		number(medianOf(samples, func(s Sample) float64 { return s.OtherCores })), number(medianOf(samples, func(s Sample) float64 { return s.Load })),
		r.ratio(row.Name, store, value),
	}
}

// failures counts errors over all repeats.
func failures(samples []Sample) string {
	var errors, lost uint64
	for _, s := range samples {
		errors += s.Errors
		lost += s.Lost
	}
	out := strconv.FormatUint(errors, 10)
	if lost > 0 {
		out += fmt.Sprintf(", LOST %d", lost)
	}
	return out
}
