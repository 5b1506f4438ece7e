package main

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
)

// repeatEvery is how often a watched read is read again.
const repeatEvery = time.Second

// read is a command that shows something and can show it again when it changes.
type read struct {
	*app
	watch bool
	show  func(ctx context.Context, c *client.Client, w io.Writer) error
}

// readCommand makes cmd a read with -o and --watch.
func (a *app) readCommand(cmd *cobra.Command, show func(ctx context.Context, c *client.Client, w io.Writer, args []string) error) *cobra.Command {
	r := &read{app: a}
	cmd.Flags().BoolVarP(&r.watch, "watch", "w", false, "show it again each time it changes")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		r.show = func(ctx context.Context, c *client.Client, w io.Writer) error { return show(ctx, c, w, args) }
		if r.watch {
			return r.repeat(cmd)
		}
		return a.call(cmd, func(ctx context.Context, c *client.Client) error { return r.show(ctx, c, a.Stdout) })
	}
	return a.withOutput(cmd)
}

// repeat shows until ctx ends, which is how the user ends it.
func (r *read) repeat(cmd *cobra.Command) error {
	ticker := time.NewTicker(repeatEvery)
	defer ticker.Stop()
	var last []byte
	for {
		var b bytes.Buffer
		err := r.call(cmd, func(ctx context.Context, c *client.Client) error { return r.show(ctx, c, &b) })
		switch {
		case cmd.Context().Err() != nil:
			return nil
		case err != nil && !roster.CodeOf(err).Retryable():
			return err
		case err != nil:
			r.say("roster: %s", screen.Clean(err.Error(), false))
		case !bytes.Equal(b.Bytes(), last):
			if err := r.page(b.Bytes(), last == nil); err != nil {
				return err
			}
			last = b.Bytes()
		}
		select {
		case <-cmd.Context().Done():
			return nil
		case <-ticker.C:
		}
	}
}

// page shows what is new: on a cleared screen, or set off from what was before.
func (r *read) page(text []byte, first bool) error {
	lead := ""
	switch {
	case r.output == screen.AsTable && screen.IsTerminal(r.Stdout):
		lead = "\x1b[H\x1b[2J"
	case !first && r.output == screen.AsYAML:
		lead = "---\n"
	case !first && r.output == screen.AsTable:
		lead = "\n"
	}
	_, err := r.Stdout.Write(append([]byte(lead), text...))
	return err
}
