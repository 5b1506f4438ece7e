package bundle

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"roster/cmd/node/doctor"
	"roster/cmd/node/doctor/rules"
	"roster/cmd/node/screen"
	"roster/cmd/node/survey"
	"roster/cmd/node/survey/sight"
	"roster/httpapi/inside"
)

// Options say how the subcommand reaches nodes and people. All are needed.
type Options struct {
	Survey         func() (*survey.Surveyor, error)
	Usage          func(format string, args ...any) error
	Args           func(cobra.PositionalArgs) cobra.PositionalArgs
	Stdout, Stderr io.Writer
}

// withinMax bounds what all nodes together are asked, beside the CPU profile.
const withinMax = 30 * time.Second

// Command writes a bundle.
func Command(o Options) *cobra.Command {
	out, seconds := "", 0
	cmd := &cobra.Command{
		Use: "debug", Short: "Put into one file what helps to understand a fault", Args: o.Args(cobra.NoArgs),
		Long: "Ask every node for what it says of itself, and put it into one tar.gz: settings, members,\n" +
			"shards, moves, readiness, metrics, stacks, profiles of heap and CPU, and what the doctor\n" +
			"finds. There is no key, no token and no agent in it; names and addresses of nodes are.\n" +
			"missing.txt lists what could not be had. With tokens it wants one that may admin.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if seconds < 0 || seconds > inside.SecondsMax {
				return o.Usage("--cpu %d: want 0 to %d seconds", seconds, inside.SecondsMax)
			}
			now := time.Now().UTC()
			if out == "" {
				out = "roster-debug-" + now.Format("20060102-150405") + ".tar.gz"
			}
			return o.toFile(cmd.Context(), out, now, seconds)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write, which must not be there (default roster-debug-TIME.tar.gz)")
	cmd.Flags().IntVar(&seconds, "cpu", inside.SecondsDefault, "seconds of CPU profile of each node; 0: none")
	return cmd
}

// toFile writes the bundle into a file that only its owner reads. Half a bundle is removed.
func (o Options) toFile(ctx context.Context, name string, now time.Time, seconds int) error {
	s, err := o.Survey()
	if err != nil {
		return err
	}
	defer s.Close()
	seen, err := s.Look(ctx)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return o.Usage("--out: %v", err)
	}
	missing, err := write(ctx, file, s, seen, now, seconds)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		_ = os.Remove(name) // it is of no use
		return err
	}
	for _, line := range missing {
		fmt.Fprintf(o.Stderr, "missing %s\n", screen.Clean(line, false))
	}
	_, err = fmt.Fprintf(o.Stdout, "wrote %s: %d of %d nodes\n", name, len(seen.Answered()), len(seen.Nodes))
	return err
}

// write fills a bundle and returns what is missing in it.
func write(ctx context.Context, w io.Writer, s *survey.Surveyor, seen *sight.Cluster, now time.Time, seconds int) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, withinMax+time.Duration(seconds)*time.Second)
	defer cancel()
	a := newArchive(w, "roster-debug", now)
	report, err := json.MarshalIndent(doctor.Examine(rules.Observed{Cluster: *seen, Now: now}), "", "  ")
	if err := a.add("doctor.json", report, err); err != nil {
		return nil, err
	}
	for _, n := range seen.Nodes {
		if n.Fault != "" {
			a.miss(folder(&n), fmt.Errorf("%s", n.Fault))
		}
	}
	for _, one := range fetchAll(ctx, s, seen.Answered(), seconds) {
		if err := a.add(one.name, one.body, one.err); err != nil {
			return nil, err
		}
	}
	return a.missing, a.close()
}

// fetched is a file of a node, or why there is none.
type fetched struct {
	name string
	body []byte
	err  error
}

// part is one file of each node.
type part struct{ name, path, accept string }

// parts lists what every node is asked for.
func parts(seconds int) []part {
	const asJSON, asIs = "application/json", "*/*"
	out := []part{
		{"status.json", "/v1/status", asJSON}, {"members.json", "/v1/members", asJSON}, {"shards.json", "/v1/shards", asJSON},
		{"rebalance.json", "/v1/rebalance", asJSON}, {"readyz.txt", "/readyz?verbose", asIs}, {"metrics.txt", "/metrics", "text/plain"},
		{"settings.json", "/v1/debug/settings", asIs}, {"stacks.txt", "/v1/debug/stacks", asIs},
		{"heap.pb.gz", "/v1/debug/heap", asIs}, {"goroutine.pb.gz", "/v1/debug/goroutine", asIs},
	}
	if seconds > 0 {
		out = append(out, part{"cpu.pb.gz", "/v1/debug/cpu?seconds=" + strconv.Itoa(seconds), asIs})
	}
	return out
}

// fetchAll asks all nodes at once, each for one part after the other.
func fetchAll(ctx context.Context, s *survey.Surveyor, nodes []*sight.Node, seconds int) []fetched {
	wanted := parts(seconds)
	out := make([]fetched, len(nodes)*len(wanted))
	var asking sync.WaitGroup
	for i, n := range nodes {
		asking.Go(func() {
			for j, p := range wanted {
				body, err := s.Ask(ctx, n, p.path, p.accept)
				if len(body) > 0 && p.name == "readyz.txt" {
					err = nil // that it is not ready is what we want to know
				}
				out[i*len(wanted)+j] = fetched{path.Join(folder(n), p.name), body, err}
			}
		})
	}
	asking.Wait()
	return out
}

// folder is where the files of a node are. What it calls itself may not lead elsewhere.
func folder(n *sight.Node) string {
	safe := []byte(n.Name())
	for i, c := range safe {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
			safe[i] = '_'
		}
	}
	return "nodes/" + string(safe)
}
