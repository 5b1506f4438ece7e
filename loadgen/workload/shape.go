package workload

import (
	"context"
	"fmt"
	"math"
	"time"

	"roster/loadgen"
)

func (p plan) steady() loadgen.Schedule { return loadgen.Steady(p.perSecond) }

func (p plan) poisson() loadgen.Schedule { return loadgen.Poisson(p.perSecond, p.Seed) }

// bursts come one after the other in four sizes. The rate and the scale change how
// large they are.
func (p plan) bursts() loadgen.Schedule {
	var out []loadgen.Burst
	for _, size := range burstSizes {
		out = append(out, loadgen.Burst{Op: burstName(size), Size: scaled(size, p.perSecond/250, loadgen.WorkersMax)})
	}
	return loadgen.Bursts(burstEvery, out...)
}

func burstName(size int) string { return fmt.Sprintf("burst-%d", size) }

// A spike is so many times the rate, from and to these parts of the measured time.
const (
	spikeTimes = 10
	spikeFrom  = 0.4
	spikeTo    = 0.6
)

func (p plan) spike() loadgen.Schedule {
	return loadgen.Curve(func(at time.Duration) float64 {
		part := (at - p.warmFor).Seconds() / p.countFor.Seconds()
		if part >= spikeFrom && part < spikeTo {
			return p.perSecond * spikeTimes
		}
		return p.perSecond
	})
}

// day is 24 hours in the measured time: 45 % of the peak by day, less at night, 95 %
// around half past ten and half past two.
func (p plan) day() loadgen.Schedule {
	return loadgen.Curve(func(at time.Duration) float64 {
		hour := math.Mod(24*at.Seconds()/max(p.countFor.Seconds(), 1), 24)
		return p.perSecond * dayLevel(hour)
	})
}

// dayLevel is the part of the peak rate at an hour.
func dayLevel(hour float64) float64 {
	bell := func(middle, width float64) float64 {
		return math.Exp(-(hour - middle) * (hour - middle) / (2 * width * width))
	}
	night := 0.15
	daytime := 1 / (1 + math.Exp(-(hour - 7))) / (1 + math.Exp(hour-20)) // 0 to 1 to 0
	return night + 0.30*daytime + 0.50*max(bell(10.5, 0.8), bell(14.5, 0.8))
}

// load returns what Drive carries out at a rate.
func (p plan) load(s *stage) loadgen.Load {
	l := loadgen.Load{Name: p.Name, Seed: p.Seed, Workers: p.outstanding, Warmup: p.warmFor, Duration: p.countFor,
		Operations: p.Operations, Timeout: operationFor, Progress: p.Progress, Schedule: p.shape(p)}
	if p.Closed > 0 {
		l.Schedule, l.Workers = nil, p.Closed
	}
	if p.Name == "burst" {
		for _, size := range burstSizes {
			l.Ops = append(l.Ops, loadgen.Op{Name: burstName(size), Weight: 1, Do: s.lookup})
		}
		return l
	}
	for _, share := range p.mix {
		kind, _ := kindOf(share.Name) // Validate has seen it
		l.Ops = append(l.Ops, loadgen.Op{Name: kind.name, Weight: share.Weight, Do: func(ctx context.Context, w *loadgen.Worker, n uint64) error { return kind.do(s, ctx, w, n) }})
	}
	return l
}
