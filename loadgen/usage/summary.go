package usage

// Usage is what all processes spent in a span of time. Bytes are bytes.
type Usage struct {
	Cores      float64   `json:"cores"`         // CPU seconds a second, all nodes together
	CPUPerOp   float64   `json:"cpu_us_per_op"` // microseconds, all nodes together
	ClientCPU  float64   `json:"client_cores"`  // of the generator itself
	RSS        float64   `json:"rss"`           // the highest, all nodes together
	LiveBegin  float64   `json:"live_begin"`    // live heap, all nodes together
	LiveEnd    float64   `json:"live_end"`
	GCs        float64   `json:"gcs"`
	GCPause    float64   `json:"gc_pause_s"`
	Goroutines float64   `json:"goroutines"` // the most, all nodes together
	Growth     *Growth   `json:"growth,omitempty"`
	Processes  []Process `json:"processes"`
}

// Between sums up what processes spent from one moment to another, in seconds since
// the probe began, while so many operations were carried out. What was spent between
// two samples counts by the part of the time between them that lies within.
func Between(processes []Process, from, to float64, operations uint64) Usage {
	u := Usage{Processes: processes}
	if to <= from {
		return u
	}
	for _, p := range processes {
		var cpu, rss, goroutines, live float64
		first := true
		for i := 1; i < len(p.Samples); i++ {
			before, s := p.Samples[i-1], p.Samples[i]
			part := overlap(before.At, s.At, from, to)
			if part == 0 {
				continue
			}
			if first {
				u.LiveBegin += before.Live
				first = false
			}
			live = s.Live
			rss, goroutines = max(rss, s.RSS), max(goroutines, s.Goroutines)
			cpu += part * rise(before.CPU, s.CPU)
			u.GCs += part * rise(before.GCs, s.GCs)
			u.GCPause += part * rise(before.GCPause, s.GCPause)
		}
		u.RSS += rss
		u.LiveEnd += live
		u.Goroutines += goroutines
		u.Cores += cpu / (to - from)
	}
	if operations > 0 {
		u.CPUPerOp = u.Cores * (to - from) * 1e6 / float64(operations)
	}
	return u
}

// overlap is the part of the time from a to b that lies between from and to.
func overlap(a, b, from, to float64) float64 {
	common := min(b, to) - max(a, from)
	if common <= 0 || b <= a {
		return 0
	}
	return common / (b - a)
}

// rise is by how much a counter rose; one that fell began anew.
func rise(before, after float64) float64 {
	if after < before {
		return after
	}
	return after - before
}
