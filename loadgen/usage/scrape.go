package usage

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// scrapeBytesMax bounds what is read of one node's metrics.
const scrapeBytesMax = 4 << 20

// Sample is what one process had spent at one moment.
type Sample struct {
	At         float64 `json:"at"`    // seconds since the probe began
	CPU        float64 `json:"cpu_s"` // seconds of all cores since the process started
	RSS        float64 `json:"rss"`   // bytes
	Live       float64 `json:"live"`  // bytes of heap that the last collection found alive
	Heap       float64 `json:"heap"`  // bytes of heap, garbage included
	GCs        float64 `json:"gcs"`   // collections since the process started
	GCPause    float64 `json:"gc_pause_s"`
	Goroutines float64 `json:"goroutines"`

	identity string // the same for nodes of one process
}

// The names under which a node tells these. The live heap falls back on half the next
// collection's target, which it is where GOGC is 100.
const (
	nameCPU        = "process_cpu_seconds_total"
	nameRSS        = "process_resident_memory_bytes"
	nameStart      = "process_start_time_seconds"
	nameLive       = "go_gc_heap_live_bytes"
	nameHeap       = "go_memstats_heap_alloc_bytes"
	nameNextGC     = "go_memstats_next_gc_bytes"
	nameLastGC     = "go_memstats_last_gc_time_seconds"
	nameGCs        = "go_gc_duration_seconds_count"
	nameGCPause    = "go_gc_duration_seconds_sum"
	nameGoroutines = "go_goroutines"
)

// scrape reads one node's metrics.
func scrape(ctx context.Context, c *http.Client, base string) (Sample, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/metrics", nil)
	if err != nil {
		return Sample{}, err
	}
	response, err := c.Do(request)
	if err != nil {
		return Sample{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return Sample{}, fmt.Errorf("%s/metrics answers %d", base, response.StatusCode)
	}
	values, err := parse(io.LimitReader(response.Body, scrapeBytesMax))
	if err != nil {
		return Sample{}, err
	}
	if _, has := values[nameCPU]; !has {
		return Sample{}, fmt.Errorf("%s/metrics does not tell %s", base, nameCPU)
	}
	return sampleOf(values), nil
}

func sampleOf(values map[string]float64) Sample {
	live, has := values[nameLive]
	if !has {
		live = values[nameNextGC] / 2
	}
	return Sample{
		CPU: values[nameCPU], RSS: values[nameRSS], Live: live, Heap: values[nameHeap], GCs: values[nameGCs],
		GCPause: values[nameGCPause], Goroutines: values[nameGoroutines],
		identity: fmt.Sprint(values[nameStart], values[nameLastGC]),
	}
}

// parse reads the samples without labels of the Prometheus text format.
func parse(r io.Reader) (map[string]float64, error) {
	values := map[string]float64{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	for lines.Scan() {
		name, rest, ok := strings.Cut(lines.Text(), " ")
		if !ok || name == "#" || strings.Contains(name, "{") {
			continue
		}
		number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if value, err := strconv.ParseFloat(number, 64); err == nil {
			values[name] = value
		}
	}
	return values, lines.Err()
}
