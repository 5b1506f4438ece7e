package workload

import (
	"errors"
	"log/slog"
	"time"

	"roster"
	"roster/client/trust"
	"roster/loadgen"
)

// Bounds of what may be asked for.
const (
	ScaleMax       = 1000
	RateMax        = 1e6
	DurationMax    = 7 * 24 * time.Hour
	ConnectionsMax = 4096
	AgentsMax      = 1 << 20
	SessionsMax    = 10_000
	// ConnectionsDefault is how many connections carry operations, all nodes together.
	ConnectionsDefault = 64
)

// Config says which profile to run and how. Zero values are the profile's own.
type Config struct {
	// Addresses are the nodes, as package client takes them. Of a single one the
	// others are learned.
	Addresses []string
	// Token is the access token of every request, which must write load-*; "": none.
	Token string
	// TLS says whom to trust for https, as package client takes it.
	TLS trust.Files
	// Profile is the name of one of Profiles.
	Profile string
	// Scale multiplies rate, agents and sessions; 0: 1.
	Scale float64
	// Rate is operations a second, Agents the population; both are not scaled.
	Rate   float64
	Agents int
	// Duration is how long figures count (of a ramp: of each step), Warmup how long
	// the load runs before; nil: the profile's.
	Duration time.Duration
	Warmup   *time.Duration
	// Operations ends the run early, after so many; 0: Duration does.
	Operations uint64
	Seed       uint64
	// Connections is how many carry operations, all nodes together; 0:
	// ConnectionsDefault.
	Connections int
	// Outstanding is how many operations may be under way; 0: four seconds' worth.
	Outstanding int
	// Closed makes a closed loop of so many workers of the profile; 0: as it is.
	Closed int
	// Mix replaces the profile's operations.
	Mix []Share
	// Unchecked leaves the checkers out.
	Unchecked bool
	// P99Max and ErrorsMax are where a ramp ends; 0: 100 ms and 0.01.
	P99Max    time.Duration
	ErrorsMax float64
	// Progress hears of each second; nil: nobody.
	Progress func(loadgen.Row)
	// Logger hears what happens beside the load; nil: nobody.
	Logger *slog.Logger
}

// Share is one kind of operation and its weight.
type Share struct {
	Name   string
	Weight int
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults []error
	fault := func(bad bool, field, format string, values ...any) {
		if bad {
			faults = append(faults, roster.Invalid(field, format, values...))
		}
	}
	if _, err := profileOf(c.Profile); err != nil {
		faults = append(faults, err)
	}
	fault(c.Scale < 0 || c.Scale > ScaleMax, "scale", "%v: want more than 0, at most %d", c.Scale, ScaleMax)
	fault(c.Rate < 0 || c.Rate > RateMax, "rate", "%v: want more than 0, at most %d a second", c.Rate, int(RateMax))
	fault(c.Agents < 0 || c.Agents > AgentsMax, "agents", "%d: want 1 to %d", c.Agents, AgentsMax)
	fault(c.Duration < 0 || c.Duration > DurationMax, "duration", "%v: want more than 0, at most %v", c.Duration, DurationMax)
	fault(c.Warmup != nil && (*c.Warmup < 0 || *c.Warmup > DurationMax), "warmup", "want 0 to %v", DurationMax)
	fault(c.Connections < 0 || c.Connections > ConnectionsMax, "connections", "%d: want 1 to %d", c.Connections, ConnectionsMax)
	fault(c.Outstanding < 0 || c.Outstanding > loadgen.WorkersMax, "outstanding", "%d: want 1 to %d", c.Outstanding, loadgen.WorkersMax)
	fault(c.Closed < 0 || c.Closed > loadgen.WorkersMax, "closed", "%d: want 1 to %d", c.Closed, loadgen.WorkersMax)
	fault(c.P99Max < 0, "p99-max", "%v: want more than 0", c.P99Max)
	fault(c.ErrorsMax < 0 || c.ErrorsMax > 1, "errors-max", "%v: want a part of 1, such as 0.01", c.ErrorsMax)
	fault(c.Closed > 0 && c.Profile == "burst", "closed", "bursts have their times; want an open loop")
	fault(c.Closed > 0 && c.Profile == "ramp", "closed", "a ramp raises a rate; want an open loop")
	fault(len(c.Mix) > 0 && c.Profile == "burst", "mix", "bursts are look-ups; want another profile")
	for _, share := range c.Mix {
		_, known := kindOf(share.Name)
		fault(!known, "mix", "%q is no operation: want some of %s", share.Name, kindNames())
		fault(share.Weight < 1 || share.Weight > 1_000_000, "mix", "%s=%d: want a weight from 1", share.Name, share.Weight)
	}
	return errors.Join(faults...)
}

// withDefaults fills in what zero values stand for.
func (c Config) withDefaults() Config {
	if c.Scale == 0 {
		c.Scale = 1
	}
	if c.Connections == 0 {
		c.Connections = ConnectionsDefault
	}
	if c.P99Max == 0 {
		c.P99Max = 100 * time.Millisecond
	}
	if c.ErrorsMax == 0 {
		c.ErrorsMax = 0.01
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}
