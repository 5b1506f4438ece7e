package top

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"roster/cmd/node/screen"
	"roster/cmd/node/survey"
	"roster/cmd/node/survey/sight"
	"roster/cmd/node/top/board"
)

// everyDefault is how often it looks; everyMin spares the nodes.
const (
	everyDefault = time.Second
	everyMin     = 50 * time.Millisecond
)

// Options say how the subcommand reaches nodes and people. All are needed.
type Options struct {
	Survey func() (*survey.Surveyor, error)
	// Output gives a command the flag -o; Form returns its value, and whether to use colours.
	Output func(*cobra.Command) *cobra.Command
	Form   func() (form string, colours bool)
	Usage  func(format string, args ...any) error
	Args   func(cobra.PositionalArgs) cobra.PositionalArgs
	Stdout io.Writer
}

// Command shows the cluster until it is interrupted, or once.
func Command(o Options) *cobra.Command {
	once, every := false, time.Duration(0)
	cmd := &cobra.Command{
		Use: "top", Short: "Show how busy nodes, shards and routes are, once a second", Args: o.Args(cobra.NoArgs),
		Long: "Show how busy the cluster is: CPU, heap and leaderships of nodes; writes, the time of a\n" +
			"synced log write and the oldest replica of shards; the routes that are called most. It\n" +
			"reads /metrics of every node, so with tokens it wants one that may admin; what nobody\n" +
			"tells is shown as ?. q or Ctrl-C ends it; --once prints one frame.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if every < everyMin {
				return o.Usage("--every %v: want at least %v", every, everyMin)
			}
			s, err := o.Survey()
			if err != nil {
				return err
			}
			defer s.Close()
			return o.watch(cmd.Context(), s, every, once)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "print one frame, of what happens between two looks, and end")
	cmd.Flags().DurationVar(&every, "every", everyDefault, "how often to look")
	return o.Output(cmd)
}

// watch shows a frame at every tick until ctx ends.
func (o Options) watch(ctx context.Context, s *survey.Surveyor, every time.Duration, once bool) error {
	before, err := s.Glance(ctx)
	if err != nil {
		return err
	}
	display, ctx := open(ctx, o.Stdout, once)
	defer display.close()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for at := time.Now(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		now, err := s.Glance(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && once:
			return err
		case err != nil:
			err = display.show([]byte("nobody answers: " + screen.Clean(err.Error(), false) + "\n"))
		default:
			err = o.frame(display, before, now, time.Since(at))
			before, at = now, time.Now()
		}
		if err != nil || once {
			return err
		}
	}
}

// frame shows what happened between two looks.
func (o Options) frame(d *display, before, now *sight.Cluster, between time.Duration) error {
	var b bytes.Buffer
	form, colours := o.Form()
	frame := board.Of(before, now, between)
	if form == screen.AsTable {
		if err := write(&b, frame, colours); err != nil {
			return err
		}
		return d.show(b.Bytes())
	}
	if err := screen.Show(&b, form, colours, frame, nil); err != nil {
		return err
	}
	return d.show(b.Bytes())
}
