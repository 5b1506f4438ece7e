package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"roster"
	"roster/cmd/node/intake"
	"roster/cmd/node/screen"
)

func (a *app) importCommand() *cobra.Command {
	var format string
	var strict bool
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Register many agents, one JSON object a line", Args: args(cobra.ExactArgs(1)),
		Long: "Register many agents, one JSON object a line; - is standard input. An agent that is there\nis replaced, so a second import of the same file changes nothing. A line that cannot be\ntaken is told with its number, and the rest goes on.",
	}
	cmd.Flags().StringVar(&format, "format", "agents", "what the lines hold: agents, or mcp-servers (entries of an MCP registry)")
	cmd.Flags().BoolVar(&strict, "strict", false, "exit with 4 if a line was refused")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		parse := map[string]intake.Parse{"agents": intake.ParseAgent, "mcp-servers": intake.ParseServer}[format]
		if parse == nil {
			return usagef("--format %s: want agents or mcp-servers", screen.Quote(format))
		}
		in, size, err := a.openImport(args[0])
		if err != nil {
			return err
		}
		defer in.Close()
		c, err := a.connect()
		if err != nil {
			return err
		}
		defer c.Close()
		bar := intake.NewProgress(a.Stderr, size)
		report, err := intake.Import(cmd.Context(), c, bar.Reader(in), parse, a.timeout)
		bar.Finish(err == nil)
		return errors.Join(err, a.showReport(report, strict))
	}
	return a.withOutput(cmd)
}

// openImport opens the file and says how long it is; 0 where that is not known.
func (a *app) openImport(name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(a.Stdin), 0, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, 0, usagef("%v", err)
	}
	stat, err := file.Stat()
	if err != nil || stat.IsDir() {
		_ = file.Close() // nothing was read
		return nil, 0, usagef("%s: not a file with lines", name)
	}
	return file, stat.Size(), nil
}

// showReport shows what became of the lines.
func (a *app) showReport(d intake.Report, strict bool) error {
	err := show(a, a.Stdout, d, func() *screen.Table {
		for _, r := range d.Refusals {
			a.say("line %d: %s", r.Line, screen.Clean(r.Reason, false))
		}
		if rest := d.Refused - len(d.Refusals); rest > 0 {
			a.say("and %d more", rest)
		}
		if d.Token != "" {
			a.say("token %s", d.Token)
		}
		t := &screen.Table{}
		t.Add("created "+strconv.Itoa(d.Created), "updated "+strconv.Itoa(d.Updated),
			"unchanged "+strconv.Itoa(d.Unchanged), "refused "+strconv.Itoa(d.Refused))
		return t
	})
	if err == nil && strict && d.Refused > 0 {
		return &exitError{roster.CodeRefused.ExitStatus(), fmt.Sprintf("%d lines were refused", d.Refused)}
	}
	return err
}
