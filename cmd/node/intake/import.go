package intake

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"roster"
)

const (
	// batchBytesMax bounds the lines of one batch, well below what a node takes.
	batchBytesMax = roster.BatchBytesMax / 4
	// RefusalsMax bounds how many refusals are listed; the rest is counted.
	RefusalsMax = 1000
)

// Report is what an import came to.
type Report struct {
	Created   int          `json:"created"`
	Updated   int          `json:"updated"`
	Unchanged int          `json:"unchanged"`
	Refused   int          `json:"refused"`
	Refusals  []Refusal    `json:"refusals"` // the first RefusalsMax
	Token     roster.Token `json:"token"`
}

// Refusal is a line that was not taken.
type Refusal struct {
	Line   int            `json:"line"`
	ID     roster.AgentID `json:"id"`
	Reason string         `json:"reason"`
}

// Parse turns a line into an agent, or says why not.
type Parse func(line []byte) (roster.Agent, error)

// Import registers every line of in, each batch within timeout. A line that cannot
// be taken is a refusal in the report; the error is that of nodes that failed, and
// the report then tells what was done before.
func Import(ctx context.Context, registry roster.Registry, in io.Reader, parse Parse, timeout time.Duration) (Report, error) {
	i := &importer{registry: registry, timeout: timeout, parse: parse,
		seen: make(map[roster.AgentID]int), done: Report{Refusals: []Refusal{}}}
	err := i.run(ctx, in)
	return i.done, err
}

// importer gathers lines into batches and counts what becomes of them.
type importer struct {
	registry roster.Registry
	timeout  time.Duration
	parse    Parse
	seen     map[roster.AgentID]int // where each id was
	items    []roster.Register      // the batch
	lines    []int                  // where its items were
	bytes    int
	done     Report
}

// run imports every line. It ends early only when the nodes fail.
func (i *importer) run(ctx context.Context, in io.Reader) error {
	for line, err := range readLines(in) {
		if err != nil {
			return fmt.Errorf("line %d: %w", line.number, err)
		}
		i.take(line)
		if len(i.items) == roster.BatchMax || i.bytes >= batchBytesMax {
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
		i.refuse(line.number, "", fmt.Sprintf("longer than %d bytes", LineBytesMax))
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
	if len(i.done.Refusals) < RefusalsMax {
		i.done.Refusals = append(i.done.Refusals, Refusal{line, id, reason})
	}
}

// send registers the batch.
func (i *importer) send(ctx context.Context) error {
	if len(i.items) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, i.timeout)
	defer cancel()
	results, token, err := i.registry.RegisterBatch(ctx, i.items)
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
