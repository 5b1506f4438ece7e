package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
)

const (
	// importBytesMax bounds the lines of one batch, well below what a node takes.
	importBytesMax = roster.BatchBytesMax / 4
	// refusalsMax bounds how many refusals are listed; the rest is counted.
	refusalsMax = 1000
)

// importBody is what an import came to.
type importBody struct {
	Created   int          `json:"created"`
	Updated   int          `json:"updated"`
	Unchanged int          `json:"unchanged"`
	Refused   int          `json:"refused"`
	Refusals  []refusal    `json:"refusals"` // the first refusalsMax
	Token     roster.Token `json:"token"`
}

// refusal is a line that was not taken.
type refusal struct {
	Line   int            `json:"line"`
	ID     roster.AgentID `json:"id"`
	Reason string         `json:"reason"`
}

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
		parse := map[string]func([]byte) (roster.Agent, error){"agents": parseAgent, "mcp-servers": parseServer}[format]
		if parse == nil {
			return usagef("--format %s: want agents or mcp-servers", quoteWord(format))
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
		bar := newProgress(a, size)
		i := &importer{app: a, client: c, parse: parse, seen: make(map[roster.AgentID]int), done: importBody{Refusals: []refusal{}}}
		err = i.run(cmd.Context(), bar.reader(in))
		bar.finish(err == nil)
		return errors.Join(err, i.report(strict))
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

// importer gathers lines into batches and counts what becomes of them.
type importer struct {
	*app
	client *client.Client
	parse  func(line []byte) (roster.Agent, error)
	seen   map[roster.AgentID]int // where each id was
	items  []roster.Register      // the batch
	lines  []int                  // where its items were
	bytes  int
	done   importBody
}

// run imports every line. It ends early only when the nodes fail.
func (i *importer) run(ctx context.Context, in io.Reader) error {
	for line, err := range readLines(in) {
		if err != nil {
			return fmt.Errorf("line %d: %w", line.number, err)
		}
		i.take(line)
		if len(i.items) == roster.BatchMax || i.bytes >= importBytesMax {
			if err := i.send(ctx); err != nil {
				return err
			}
		}
	}
	return i.send(ctx)
}

// take puts a line into the batch, or refuses it. What a node would refuse in any
// case is refused here, so that a batch as a whole is always well-formed.
func (i *importer) take(line line) {
	if line.long {
		i.refuse(line.number, "", fmt.Sprintf("longer than %d bytes", lineBytesMax))
		return
	}
	agent, err := i.parse(line.text)
	if err == nil {
		err = agent.Validate()
	}
	if err != nil {
		i.refuse(line.number, agent.ID, err.Error())
		return
	}
	if first, twice := i.seen[agent.ID]; twice {
		i.refuse(line.number, agent.ID, "the agent is already on line "+strconv.Itoa(first))
		return
	}
	i.seen[agent.ID] = line.number
	i.items = append(i.items, roster.Register{Agent: agent, Mode: roster.ModePut})
	i.lines = append(i.lines, line.number)
	i.bytes += len(line.text)
}

func (i *importer) refuse(line int, id roster.AgentID, reason string) {
	i.done.Refused++
	if len(i.done.Refusals) < refusalsMax {
		i.done.Refusals = append(i.done.Refusals, refusal{line, id, reason})
	}
}

// send registers the batch.
func (i *importer) send(ctx context.Context) error {
	if len(i.items) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, i.timeout)
	defer cancel()
	results, token, err := i.client.RegisterBatch(ctx, i.items)
	if err != nil {
		return err
	}
	if merged, err := roster.MergeTokens(i.done.Token, token); err == nil {
		i.done.Token = merged
	}
	for n, result := range results {
		if err := i.count(n, result); err != nil {
			return err
		}
	}
	i.items, i.lines, i.bytes = i.items[:0], i.lines[:0], 0
	return nil
}

// count adds one result. A node that fails ends the import, for what it left undone
// is no refusal; importing again does the rest.
func (i *importer) count(n int, result roster.BatchResult) error {
	switch result.Outcome {
	case roster.OutcomeCreated:
		i.done.Created++
	case roster.OutcomeUpdated:
		i.done.Updated++
	case roster.OutcomeUnchanged:
		i.done.Unchanged++
	default:
		if roster.CodeOf(result.Err).Retryable() {
			return fmt.Errorf("line %d, %s (import again to do the rest): %w", i.lines[n], result.ID, result.Err)
		}
		reason := "refused"
		if result.Err != nil {
			reason = result.Err.Error()
		}
		i.refuse(i.lines[n], result.ID, reason)
	}
	return nil
}

// report shows what became of the lines.
func (i *importer) report(strict bool) error {
	d := i.done
	err := show(i.app, i.Stdout, d, func() *table {
		for _, r := range d.Refusals {
			i.say("line %d: %s", r.Line, clean(r.Reason, false))
		}
		if rest := d.Refused - len(d.Refusals); rest > 0 {
			i.say("and %d more", rest)
		}
		if d.Token != "" {
			i.say("token %s", d.Token)
		}
		t := &table{}
		t.add("created "+strconv.Itoa(d.Created), "updated "+strconv.Itoa(d.Updated),
			"unchanged "+strconv.Itoa(d.Unchanged), "refused "+strconv.Itoa(d.Refused))
		return t
	})
	if err == nil && strict && d.Refused > 0 {
		return &exitError{roster.CodeRefused.ExitStatus(), fmt.Sprintf("%d lines were refused", d.Refused)}
	}
	return err
}

// parseAgent reads a line that holds an agent as the API takes it.
func parseAgent(text []byte) (roster.Agent, error) {
	var agent roster.Agent
	err := decodeStrict(text, &agent)
	return agent, err
}
