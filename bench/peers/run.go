package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"roster/bench/peers/limits"
	"roster/bench/peers/measure"
	"roster/bench/peers/process"
	"roster/bench/peers/system"
	"roster/bench/peers/table"
)

// Bounds of a pass: one system in one repeat.
const (
	startMax = 90 * time.Second
	limitMax = time.Second // for each of the machine's limits
)

// session is one run of the program.
type session struct {
	options
	dir      string
	program  string // this program
	version  string // what Roster's report calls it
	report   table.Report
	progress io.Writer
	faults   []error
}

// measureAll measures everything and writes the report, of what there is when a part
// failed or ctx ended.
func measureAll(ctx context.Context, o options, out, progress io.Writer) error {
	s := &session{options: o, progress: progress}
	dir, err := os.MkdirTemp(o.dir, "roster-peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s.dir = dir
	if err := s.prepare(ctx); err != nil {
		return err
	}
	for repeat := 0; repeat < o.repeats && ctx.Err() == nil; repeat++ {
		s.repeat(ctx, repeat)
		if err := s.saveReport(); err != nil {
			s.faults = append(s.faults, err)
		}
	}
	if ctx.Err() != nil {
		s.faults = append(s.faults, errors.New("interrupted: the report is of a part"))
	}
	return errors.Join(append(s.faults, s.report.Render(out, o.format))...)
}

// prepare finds or builds the programs and describes the run.
func (s *session) prepare(ctx context.Context) error {
	var err error
	if s.program, err = os.Executable(); err != nil {
		return err
	}
	if s.binary, s.version, err = rosterProgram(ctx, s.binary, s.dir); err != nil {
		return err
	}
	s.report = table.Report{Date: time.Now(), Machine: machine(), Records: s.records, Repeats: s.repeats,
		Warmup: s.warmup, Duration: s.duration, About: map[string]string{}}
	for _, row := range s.rows {
		s.report.Rows = append(s.report.Rows, row.Row)
	}
	if limits.InMemory(s.dir) {
		s.note("the data lie in memory (tmpfs): syncs cost nothing here; choose a disk with -dir")
	}
	if !system.RedisInstalled() {
		s.note("no redis-server on this machine: Redis is left out")
	}
	return nil
}

func (s *session) note(text string) {
	s.report.Notes = append(s.report.Notes, text)
	fmt.Fprintln(s.progress, "note:", text)
}

// repeat measures all systems once, in an order of its own: what comes first or last
// in one repeat does not in the next.
func (s *session) repeat(ctx context.Context, repeat int) {
	l, err := limits.Measure(ctx, s.dir, s.records, min(limitMax, s.duration))
	if err != nil {
		s.fault("limits", err)
	} else {
		l.Repeat = repeat
		s.report.Limits = append(s.report.Limits, l)
	}
	for i := range s.systems {
		name := s.systems[(i+repeat)%len(s.systems)]
		if ctx.Err() != nil || ((name == "redis" || name == "redis-noaof") && !system.RedisInstalled()) {
			continue
		}
		if err := s.pass(ctx, name, repeat); err != nil {
			s.fault(name, err)
		}
	}
}

func (s *session) fault(what string, err error) {
	err = fmt.Errorf("%s: %w", what, err)
	s.faults = append(s.faults, err)
	fmt.Fprintln(s.progress, "fault:", err)
}

// pass measures one system once, on servers that are started for it.
func (s *session) pass(ctx context.Context, name string, repeat int) error {
	dir := filepath.Join(s.dir, fmt.Sprintf("%s.%d", name, repeat))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	site := process.NewSite(dir)
	defer site.Close()
	sys := s.system(site, name)
	defer sys.Stop()
	starting, cancel := context.WithTimeout(ctx, startMax)
	defer cancel()
	if err := sys.Start(starting); err != nil {
		return err
	}
	s.report.About[name] = sys.About()
	b := &measure.Bench{System: sys, Records: s.records, Warmup: s.warmup, Duration: s.duration,
		Settle: s.settle, Rest: s.rest, Kills: s.kills, Seed: uint64(repeat) + 1}
	if name != "bare" {
		if err := b.Fill(ctx); err != nil {
			return err
		}
	}
	for _, row := range s.rows {
		for _, store := range sys.Stores() {
			if row.For(sys, store) && s.wants(store) && ctx.Err() == nil {
				s.row(ctx, b, row, store, repeat)
			}
		}
	}
	return nil
}

// row measures one row and keeps what came of it.
func (s *session) row(ctx context.Context, b *measure.Bench, row measure.Row, store string, repeat int) {
	sample, err := row.Run(ctx, b, store)
	sample.Repeat = repeat
	if err != nil {
		sample.Failed, sample.Note = true, err.Error()
		s.fault(row.Name+" through "+store, err)
	}
	s.report.Samples = append(s.report.Samples, sample)
	fmt.Fprintf(s.progress, "%d %-13s %-9s %10.2f %-16s p50 %.2f p99 %.2f ms, %d errors, server %.0f client %.0f µs, other %.2f cores, load %.1f %s\n",
		repeat+1, store, row.Name, sample.Value, row.Unit, sample.P50, sample.P99, sample.Errors, sample.ServerCPU, sample.ClientCPU, sample.OtherCores, sample.Load, sample.Note)
}

// system returns a system that is not started.
func (s *session) system(site *process.Site, name string) system.System {
	switch name {
	case "etcd":
		return system.NewEtcd(site, s.program)
	case "nats":
		return system.NewNATS(site, s.program)
	case "redis", "redis-noaof":
		return system.NewRedis(site, name == "redis")
	case "bare":
		return system.NewBare(site, s.program)
	}
	return system.NewRoster(site, s.binary, s.version)
}

// saveReport writes the report where -save says.
func (s *session) saveReport() error {
	if s.save == "" {
		return nil
	}
	f, err := os.Create(s.save)
	if err != nil {
		return err
	}
	return errors.Join(s.report.Render(f, "json"), f.Close())
}

// renderFile writes a report that was saved.
func renderFile(o options, out io.Writer) error {
	text, err := os.ReadFile(o.from)
	if err != nil {
		return err
	}
	var r table.Report
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s: %w", o.from, err)
	}
	return r.Render(out, o.format)
}
