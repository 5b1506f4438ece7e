package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
	"roster/loadgen/report"
	"roster/loadgen/workload"
)

// runFlags is what "run" is told.
type runFlags struct {
	workload.Config
	output
	warmup   time.Duration
	repeat   int
	mix      []string
	noChecks bool
}

// Run returns the command "run".
func Run(o Options) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use: "run PROFILE", Short: "Put a load on the nodes and measure what it does to them",
		Long: "Put a load on the nodes and measure what it does to them. Latency counts from the moment\nat which an operation was meant to be sent. Promises are checked meanwhile; a broken one,\nor a leak, exits with 1. The load brings its own agents and takes them away again.\n\nProfiles:\n" + profileList(),
		Example: "  roster load run steady\n  roster load run burst --duration 10s --out burst.html\n  roster load run stress --scale 10 --repeat 5 --out new.json\n" +
			"  roster load run steady --closed 64 --mix lookup=100 --seed 7\n  roster load run churn --operations 1000000 --rate 1000",
		Args: o.exactly(1, "one profile of "+strings.Join(workload.Names(), ", ")), ValidArgs: workload.Names(),
	}
	f.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f.Profile = args[0]
		if err := f.settle(cmd, o); err != nil {
			return err
		}
		return f.run(cmd.Context(), o)
	}
	return cmd
}

func profileList() string {
	var b strings.Builder
	for _, p := range workload.Profiles() {
		fmt.Fprintf(&b, "  %-8s %s\n", p.Name, p.Brief)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (f *runFlags) flags(cmd *cobra.Command) {
	f.output.flags(cmd, asText, asJSON, asHTML)
	flags := cmd.Flags()
	flags.Float64Var(&f.Scale, "scale", 1, "multiply rate, agents and sessions")
	flags.Float64Var(&f.Rate, "rate", 0, "operations a second (default: the profile's)")
	flags.DurationVar(&f.Duration, "duration", 0, "how long figures count; of a ramp: each step (default: the profile's)")
	flags.DurationVar(&f.warmup, "warmup", 0, "how long the load runs before figures count (default: the profile's)")
	flags.Uint64Var(&f.Operations, "operations", 0, "end after so many operations")
	flags.Uint64Var(&f.Seed, "seed", 1, "decides agents, operations and keys")
	flags.IntVar(&f.Connections, "connections", workload.ConnectionsDefault, "connections that carry operations, all nodes together")
	flags.IntVar(&f.Outstanding, "outstanding", 0, "most operations under way; what is due beyond is an error (default: four seconds' worth)")
	flags.IntVar(&f.Agents, "agents", 0, "agents to register before (default: the profile's)")
	flags.IntVar(&f.Closed, "closed", 0, "no rate: so many workers, each as fast as answers come")
	flags.StringSliceVar(&f.mix, "mix", nil, "operations and their weights, such as lookup=80,update=20 (also: read, find, register, register100, put100, churn)")
	flags.IntVar(&f.repeat, "repeat", 1, "run so many times; compare uses the medians")
	flags.BoolVar(&f.noChecks, "no-checks", false, "leave the checkers out")
	flags.DurationVar(&f.P99Max, "p99-max", 100*time.Millisecond, "ramp: the highest p99 that holds")
	flags.Float64Var(&f.ErrorsMax, "errors-max", 0.01, "ramp: the largest part of errors that holds")
}

// settle checks the flags and joins them into a configuration.
func (f *runFlags) settle(cmd *cobra.Command, o Options) (err error) {
	if err := f.output.settle(o); err != nil {
		return err
	}
	changed := cmd.Flags().Changed
	if changed("warmup") {
		f.Warmup = &f.warmup
	}
	f.Unchecked = f.noChecks
	for _, name := range []string{"scale", "rate", "duration", "operations", "connections", "outstanding", "agents", "closed", "p99-max", "errors-max"} {
		if value := cmd.Flag(name).Value.String(); changed(name) && (value == "0" || value == "0s") {
			return o.Usage("--%s 0: want more than 0", name)
		}
	}
	if f.repeat < 1 || f.repeat > report.RunsMax {
		return o.Usage("--repeat %d: want 1 to %d", f.repeat, report.RunsMax)
	}
	if f.Mix, err = shares(o, f.mix); err != nil {
		return err
	}
	if near := screen.Nearest(f.Profile, workload.Names()); f.Validate() != nil && near != "" && near != f.Profile {
		return o.Usage("%s is no profile: did you mean %s?", screen.Quote(f.Profile), near)
	}
	if err := f.Validate(); err != nil {
		return o.Usage("%s", faults(err))
	}
	if f.Token, err = o.Token(); err != nil {
		return err
	}
	f.Addresses = o.Addresses()
	if o.TLS != nil {
		f.TLS = o.TLS()
	}
	if err := (client.Config{Addresses: f.Addresses, TLS: f.TLS}).Validate(); err != nil {
		return o.Usage("--addr or %s, --ca, --client-cert and --client-key: %v", client.AddressEnv, err)
	}
	return nil
}

// faults says what is wrong with a configuration, under the names of the flags.
func faults(err error) string {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err.Error()
	}
	var lines []string
	for _, fault := range joined.Unwrap() {
		if refusal, ok := errors.AsType[*roster.Error](fault); ok && refusal.Field != "profile" {
			lines = append(lines, "--"+refusal.Field+" "+refusal.Detail)
		} else if ok {
			lines = append(lines, refusal.Detail)
		}
	}
	return strings.Join(lines, "; ")
}

// shares reads a mix.
func shares(o Options, words []string) ([]workload.Share, error) {
	var out []workload.Share
	for _, word := range words {
		name, weight, _ := strings.Cut(word, "=")
		n, err := strconv.Atoi(weight)
		if err != nil {
			return nil, o.Usage("--mix %s: want name=weight, such as lookup=80", screen.Quote(word))
		}
		for _, other := range out {
			if other.Name == name {
				return nil, o.Usage("--mix: %s stands twice", name)
			}
		}
		out = append(out, workload.Share{Name: name, Weight: n})
	}
	return out, nil
}

// run carries out the profile as often as was asked and writes what it came to.
func (f *runFlags) run(ctx context.Context, o Options) error {
	line := newLine(o.Stderr, f.repeat)
	f.Progress = line.row
	out := report.Report{Format: report.Format, Profile: f.Profile, Setting: f.settings(), Version: o.Version,
		Machine: fmt.Sprintf("%d cores, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)}
	for i := range f.repeat {
		line.begin(i + 1)
		run, err := workload.Run(ctx, f.Config)
		line.end()
		if err != nil {
			return err
		}
		out.Runs = append(out.Runs, run)
		if run.Load.Interrupted {
			break
		}
	}
	out.Failures = failures(out)
	if err := f.write(o, out); err != nil {
		return err
	}
	if len(out.Failures) > 0 {
		return errors.New(strings.Join(out.Failures, "; "))
	}
	return nil
}

// settings is what the run ran with, where it is not the profile's own.
func (f *runFlags) settings() []report.Setting {
	var out []report.Setting
	add := func(set bool, name, value string) {
		if set {
			out = append(out, report.Setting{Name: name, Value: value})
		}
	}
	add(true, "seed", fmt.Sprint(f.Seed))
	add(true, "connections", fmt.Sprint(f.Connections))
	add(f.Scale != 1, "scale", fmt.Sprint(f.Scale))
	add(f.Rate != 0, "rate", fmt.Sprint(f.Rate))
	add(f.Duration != 0, "duration", fmt.Sprint(f.Duration))
	add(f.Warmup != nil, "warmup", fmt.Sprint(f.warmup))
	add(f.Operations != 0, "operations", fmt.Sprint(f.Operations))
	add(f.Agents != 0, "agents", fmt.Sprint(f.Agents))
	add(f.Closed != 0, "closed", fmt.Sprint(f.Closed))
	add(len(f.mix) > 0, "mix", strings.Join(f.mix, ","))
	add(f.Unchecked, "checks", "off")
	return out
}

// failures says why a report is a failure.
func failures(r report.Report) []string {
	var out []string
	if n := r.Violations(); n > 0 {
		out = append(out, fmt.Sprintf("%d violations of a promise", n))
	}
	for i, run := range r.Runs {
		switch {
		case run.Load.Interrupted:
			out = append(out, "interrupted")
		case run.Load.Count() == 0:
			out = append(out, fmt.Sprintf("run %d: no operation succeeded", i+1))
		}
		if g := run.Usage.Growth; g != nil && g.Leak() {
			out = append(out, fmt.Sprintf("run %d: the live heap of the nodes grows by %.0f bytes an operation: a leak", i+1, g.PerOp))
		}
	}
	return out
}

// write writes a report where the flags say.
func (out *output) write(o Options, r report.Report) error {
	if out.file == "" {
		return out.render(o.Stdout, r)
	}
	file, err := os.Create(out.file)
	if err != nil {
		return o.Usage("--out: %v", err)
	}
	err = errors.Join(out.render(file, r), file.Close())
	if err == nil && out.form != asText {
		err = report.WriteText(o.Stdout, r)
	}
	if err == nil {
		fmt.Fprintf(o.Stderr, "wrote %s\n", out.file)
	}
	return err
}
