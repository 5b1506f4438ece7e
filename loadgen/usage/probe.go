package usage

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// NodesMax bounds how many nodes are watched.
	NodesMax = 64
	// samplesMax bounds what is kept of one process; longer runs keep every other one.
	samplesMax = 3600
	scrapeFor  = 2 * time.Second
	// alikeTries is how often two nodes are asked whether they share a process, since
	// a collection may come between two answers of one process.
	alikeTries = 3
)

// Process is one process and what it had spent from moment to moment.
type Process struct {
	Nodes   []string `json:"nodes"` // the HTTP addresses that it serves
	Samples []Sample `json:"samples"`
	Missed  int      `json:"missed,omitempty"` // how often it did not answer
}

// Probe reads what processes spend. Its methods may be used at the same time.
type Probe struct {
	http  *http.Client
	began time.Time
	every time.Duration

	mu struct {
		sync.Mutex
		processes []*Process
	}
}

// NewProbe asks the nodes at bases ("http://host:port") once and returns a probe of
// their processes. Nodes that do not answer with process metrics are left out; refused
// says which, and why.
func NewProbe(ctx context.Context, c *http.Client, bases []string, every time.Duration) (p *Probe, refused []error) {
	p = &Probe{http: c, began: time.Now(), every: every}
	for _, base := range bases[:min(len(bases), NodesMax)] {
		sample, err := p.ask(ctx, base)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		if same := p.processOf(ctx, base, sample); same != nil {
			same.Nodes = append(same.Nodes, base)
			continue
		}
		p.mu.processes = append(p.mu.processes, &Process{Nodes: []string{base}, Samples: []Sample{sample}})
	}
	return p, refused
}

// processOf returns the known process that also serves base, or nil.
func (p *Probe) processOf(ctx context.Context, base string, sample Sample) *Process {
	for _, known := range p.mu.processes {
		start, _, _ := strings.Cut(sample.identity, " ")
		for range alikeTries {
			other, err := p.ask(ctx, known.Nodes[0])
			if err != nil || !strings.HasPrefix(other.identity, start+" ") {
				break
			}
			if sample, err = p.ask(ctx, base); err != nil {
				break
			}
			if other.identity == sample.identity {
				return known
			}
		}
	}
	return nil
}

func (p *Probe) ask(ctx context.Context, base string) (Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, scrapeFor)
	defer cancel()
	sample, err := scrape(ctx, p.http, base)
	sample.At = time.Since(p.began).Seconds()
	return sample, err
}

// Run takes a sample of each process again and again until ctx ends.
func (p *Probe) Run(ctx context.Context) {
	ticker := time.NewTicker(p.every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.Take(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// Take takes one sample of each process now and returns the moment, in seconds since
// the probe began.
func (p *Probe) Take(ctx context.Context) float64 {
	for _, process := range p.list() {
		sample, err := p.ask(ctx, process.Nodes[0])
		p.add(process, sample, err)
	}
	return time.Since(p.began).Seconds()
}

func (p *Probe) list() []*Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.mu.processes)
}

func (p *Probe) add(process *Process, sample Sample, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		process.Missed++
		return
	}
	if len(process.Samples) >= samplesMax {
		process.Samples = thin(process.Samples)
	}
	process.Samples = append(process.Samples, sample)
}

// thin keeps every other sample, and the first.
func thin(samples []Sample) []Sample {
	kept := samples[:0]
	for i, s := range samples {
		if i%2 == 0 {
			kept = append(kept, s)
		}
	}
	return kept
}

// Since returns a moment in seconds since the probe began.
func (p *Probe) Since(t time.Time) float64 { return t.Sub(p.began).Seconds() }

// Processes returns a copy of what is known so far.
func (p *Probe) Processes() []Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]Process, len(p.mu.processes))
	for i, process := range p.mu.processes {
		out[i] = Process{Nodes: slices.Clone(process.Nodes), Samples: slices.Clone(process.Samples), Missed: process.Missed}
	}
	return out
}
