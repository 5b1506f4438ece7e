package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"roster/bench/peers/measure"
	"roster/bench/peers/system"
	"roster/bench/peers/table"
)

// systemNames are what -systems takes, in the order of the first repeat.
var systemNames = []string{"bare", "etcd", "nats", "redis", "redis-noaof", "roster"}

// Bounds of the options.
const (
	repeatsMax = 100
	recordsMax = 10_000_000
	killsMax   = 50
)

// options are what the command line says.
type options struct {
	systems  []string
	rows     []measure.Row
	repeats  int
	records  int
	kills    int
	warmup   time.Duration
	duration time.Duration
	settle   time.Duration
	rest     time.Duration
	binary   string
	stores   string
	dir      string
	format   string
	save     string
	from     string
}

// parse reads the command line. -quick changes defaults alone.
func parse(args []string, output io.Writer) (options, error) {
	var o options
	var systems, rows string
	var quick bool
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&systems, "systems", strings.Join(systemNames, ","), "which systems, comma-separated")
	flags.StringVar(&rows, "rows", "", "which rows, by what their names begin with, comma-separated: "+rowNames()+" (default all)")
	flags.StringVar(&o.stores, "stores", "", "which ways to speak to Roster: roster, roster/16, roster/client, comma-separated (default all)")
	flags.IntVar(&o.repeats, "repeats", 5, "how many times all is measured; figures are medians")
	flags.IntVar(&o.records, "records", 100_000, "how many records are loaded first")
	flags.IntVar(&o.kills, "kills", 1, "how many leaders a repeat kills")
	flags.DurationVar(&o.duration, "duration", 2*time.Second, "how long each load counts")
	flags.DurationVar(&o.warmup, "warmup", 500*time.Millisecond, "how long each load runs before it counts")
	flags.DurationVar(&o.rest, "rest", 10*time.Second, "how long idle servers are watched")
	flags.DurationVar(&o.settle, "settle", 3*time.Second, "how long servers are left alone before that")
	flags.StringVar(&o.binary, "roster", "", "the roster program (default: built from this checkout)")
	flags.StringVar(&o.dir, "dir", "", "directory for all data; a new one is made in it and removed (default: that for temporary files)")
	flags.StringVar(&o.format, "o", "text", strings.Join(table.Formats, ", "))
	flags.StringVar(&o.save, "save", "", "a file that also gets the report, as JSON, after each repeat")
	flags.StringVar(&o.from, "from", "", "measure nothing: render this JSON report")
	flags.BoolVar(&quick, "quick", false, "a smoke run: one short repeat, few records")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if quick {
		o.quicken(flags)
	}
	var err error
	if o.rows, err = measure.Select(rows); err != nil {
		return o, err
	}
	o.systems = strings.Split(systems, ",")
	return o, errors.Join(o.validate(), unexpected(flags))
}

func unexpected(flags *flag.FlagSet) error {
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return nil
}

// quicken sets what the command line did not.
func (o *options) quicken(flags *flag.FlagSet) {
	set := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
	quick := func(name string, apply func()) {
		if !set[name] {
			apply()
		}
	}
	quick("repeats", func() { o.repeats = 1 })
	quick("records", func() { o.records = 1000 })
	quick("duration", func() { o.duration = 300 * time.Millisecond })
	quick("warmup", func() { o.warmup = 100 * time.Millisecond })
	quick("rest", func() { o.rest = time.Second })
	quick("settle", func() { o.settle = 500 * time.Millisecond })
}

// validate reports every fault.
func (o *options) validate() error {
	var faults []error
	within := func(name string, value, least, most int) {
		if value < least || value > most {
			faults = append(faults, fmt.Errorf("-%s %d: want %d to %d", name, value, least, most))
		}
	}
	within("repeats", o.repeats, 1, repeatsMax)
	within("records", o.records, system.BatchRecords, recordsMax)
	within("kills", o.kills, 1, killsMax)
	if o.duration <= 0 || o.warmup < 0 || o.rest <= 0 || o.settle < 0 {
		faults = append(faults, errors.New("times must be positive"))
	}
	for _, name := range o.systems {
		if !slices.Contains(systemNames, name) {
			faults = append(faults, fmt.Errorf("no system %q: want some of %s", name, strings.Join(systemNames, ",")))
		}
	}
	if !slices.Contains(table.Formats, o.format) {
		faults = append(faults, fmt.Errorf("no format %q: want one of %s", o.format, strings.Join(table.Formats, ", ")))
	}
	return errors.Join(faults...)
}

// wants reports whether a store is to be measured.
func (o *options) wants(store string) bool {
	return o.stores == "" || !strings.HasPrefix(store, table.Ours) || slices.Contains(strings.Split(o.stores, ","), store)
}

func rowNames() string {
	var names []string
	for _, r := range measure.Rows() {
		names = append(names, r.Name)
	}
	return strings.Join(names, " ")
}
