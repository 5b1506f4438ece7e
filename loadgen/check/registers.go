package check

import (
	"math"
	"reflect"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"roster"
)

// Bounds of the search for an order: it may take long for long histories, and one that
// does not end proves nothing.
const (
	registerOpsMax = 400 // operations of one agent
	searchFor      = 10 * time.Second
)

// Registers checks that reads and writes of agents are linearizable: that each agent
// behaves like a single register that holds its description.
type Registers struct {
	began time.Time
	past  struct {
		sync.Mutex
		operations []porcupine.Operation
		perAgent   map[roster.AgentID]int
	}
}

// act is one operation on a register: a write, or a read when write is false.
type act struct {
	id    roster.AgentID
	write bool
	value string
}

// NewRegisters begins a history now.
func NewRegisters() *Registers {
	r := &Registers{began: time.Now()}
	r.past.perAgent = map[roster.AgentID]int{}
	return r
}

// Now is the moment that operations begin at.
func (r *Registers) Now() time.Duration { return time.Since(r.began) }

// Wrote tells of a write that began at a moment and has just ended with err.
func (r *Registers) Wrote(id roster.AgentID, value string, began time.Duration, err error) {
	if err != nil && roster.CodeOf(err) != roster.CodeUnknown && roster.CodeOf(err) != roster.CodeInternal {
		return // certainly not executed
	}
	end := int64(r.Now())
	if err != nil {
		end = math.MaxInt64 // it may take effect at any time
	}
	r.keep(act{id: id, write: true, value: value}, "", int64(began), end)
}

// Read tells of a linearizable read that began at a moment and has just shown a value.
func (r *Registers) Read(id roster.AgentID, value string, began time.Duration) {
	r.keep(act{id: id}, value, int64(began), int64(r.Now()))
}

// keep adds an operation. Once an agent has enough, its history ends: writes must then
// not be left out alone, since later reads would show them.
func (r *Registers) keep(in act, out string, began, end int64) {
	r.past.Lock()
	defer r.past.Unlock()
	r.past.perAgent[in.id]++
	r.past.operations = append(r.past.operations, porcupine.Operation{
		ClientId: len(r.past.operations), // each its own: nothing but time orders them
		Input:    in, Output: out, Call: began, Return: end,
	})
}

// Full reports whether the history of an agent is as long as it may be: a caller goes
// on with another agent then.
func (r *Registers) Full(id roster.AgentID) bool {
	r.past.Lock()
	defer r.past.Unlock()
	return r.past.perAgent[id] >= registerOpsMax
}

// Verdict searches for an order of all that was told.
func (r *Registers) Verdict() Verdict {
	r.past.Lock()
	operations := r.past.operations
	r.past.Unlock()
	var found notes
	found.checked(uint64(len(operations)))
	for _, part := range byAgent(operations) {
		if result := porcupine.CheckOperationsTimeout(registerModel(), part, searchFor); result != porcupine.Ok {
			found.violated("%s: no order explains its %d operations (%s)", of[act](part[0].Input).id, len(part), result)
		}
	}
	return found.verdict("linearizable")
}

// registerModel is one register per agent, empty at first.
func registerModel() porcupine.Model {
	m := porcupine.Model{Partition: byAgent, Init: reflect.ValueOf(act{}).Interface}
	m.Step = step
	return m
}

// byAgent parts a history, since agents have nothing to do with each other.
func byAgent(history []porcupine.Operation) [][]porcupine.Operation {
	var parts [][]porcupine.Operation
	index := map[roster.AgentID]int{}
	for _, op := range history {
		id := of[act](op.Input).id
		i, known := index[id]
		if !known {
			i = len(parts)
			index[id] = i
			parts = append(parts, nil)
		}
		parts[i] = append(parts[i], op)
	}
	return parts
}

// step is one operation on a register. Its state is the newest write, so that it needs
// no name for the type that porcupine holds states, inputs and outputs in.
func step[V any](state, input, output V) (bool, V) {
	if of[act](input).write {
		return true, input
	}
	return of[string](output) == of[act](state).value, state
}

// of returns what a value of porcupine's holds.
func of[T, V any](value V) T { return reflect.ValueOf(value).Interface().(T) }
