package testcluster

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"roster"
)

// checkWithin bounds the linearizability check. A check that is not done by then
// counts as a failure: "unknown" proves nothing.
const checkWithin = 30 * time.Second

// History records what clients asked and heard of agents used as registers, to be
// held against the model of a single register per agent.
type History struct {
	start time.Time

	mu struct {
		sync.Mutex
		operations []porcupine.Operation
		clients    int
		certain    int
	}
}

// NewHistory begins a history now.
func NewHistory() *History {
	h := &History{start: time.Now()}
	return h
}

// registerInput is one operation on a register: a put, or a get when put is false.
type registerInput struct {
	id    roster.AgentID
	put   bool
	value string
}

// Put writes value, which no other Put may write, to the description of an agent through s.
func (h *History) Put(ctx context.Context, s roster.Service, id roster.AgentID, value string) error {
	began := time.Since(h.start)
	_, _, err := s.Register(ctx, roster.Register{Agent: roster.Agent{ID: id, Description: value}, Mode: roster.ModePut})
	h.record(registerInput{id: id, put: true, value: value}, "", began, err)
	return err
}

// Get reads the description of an agent through s, linearizably.
func (h *History) Get(ctx context.Context, s roster.Service, id roster.AgentID) (string, error) {
	began := time.Since(h.start)
	record, _, err := s.Lookup(ctx, id, roster.Read{Level: roster.ReadLinearizable})
	value := ""
	if err == nil {
		value = record.Description
	}
	if roster.CodeOf(err) == roster.CodeNotFound {
		err = nil
	}
	h.record(registerInput{id: id}, value, began, err)
	return value, err
}

// record keeps an operation. What was certainly not executed is left out, and so is
// a read without an answer; a write of unknown fate may take effect at any time.
func (h *History) record(in registerInput, out string, began time.Duration, err error) {
	code := roster.CodeOf(err)
	unknown := code == roster.CodeUnknown
	if err != nil && (!unknown || !in.put) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.clients++ // every operation is a client of its own: nothing orders them but time
	op := porcupine.Operation{ClientId: h.mu.clients, Input: in, Call: int64(began), Output: out, Return: int64(time.Since(h.start))}
	if unknown {
		op.Return = math.MaxInt64
	} else {
		h.mu.certain++
	}
	h.mu.operations = append(h.mu.operations, op)
}

// Certain returns how many operations were answered: a test with too few proves nothing.
func (h *History) Certain() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mu.certain
}

// Check returns an error unless some order of the operations explains every answer. In
// a bubble it has all the time that it wants, because clocks there stand still meanwhile.
func (h *History) Check() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	operations := telling(h.mu.operations)
	switch result := porcupine.CheckOperationsTimeout(registerModel, operations, checkWithin); result {
	case porcupine.Ok:
		return nil
	default:
		return fmt.Errorf("%d operations: linearizable is %s", len(operations), result)
	}
}

// telling leaves out the writes of unknown fate whose value nobody ever read. If there is
// an order without such a write, it may come last; and out of an order with it, it can be
// taken, because no two writes have the same value. Each of them would double the search.
func telling(operations []porcupine.Operation) []porcupine.Operation {
	read := make(map[registerInput]bool)
	for _, op := range operations {
		if in := op.Input.(registerInput); !in.put {
			in.value = op.Output.(string)
			read[in] = true
		}
	}
	var out []porcupine.Operation
	for _, op := range operations {
		in := op.Input.(registerInput)
		in.put = false
		if op.Return != math.MaxInt64 || read[in] {
			out = append(out, op)
		}
	}
	return out
}

// registerModel is one register per agent, empty at first.
var registerModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byID := make(map[roster.AgentID][]porcupine.Operation)
		for _, op := range history {
			id := op.Input.(registerInput).id
			byID[id] = append(byID[id], op)
		}
		parts := make([][]porcupine.Operation, 0, len(byID))
		for _, part := range byID {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		in := input.(registerInput)
		if in.put {
			return true, in.value
		}
		return output.(string) == state.(string), state
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %v", input, output) },
}
