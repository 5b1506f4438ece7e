package twins

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"roster"
	"roster/cluster"
)

// MethodAge asks a node how long it has run. The number is part of the protocol
// between nodes.
const MethodAge uint8 = 16

const (
	// twinWithin is how long after its start a node gives way to one that was there
	// before under its name. Later it only complains: its shards count on it.
	twinWithin = 20 * time.Second
	ageWithin  = 2 * time.Second
	// ageMargin is how far apart two ages must be to be told apart over a network.
	ageMargin = time.Second
)

// Config says who this node is and how it hears of others. All is needed.
type Config struct {
	ID         func() roster.NodeID
	Age        func() time.Duration // how long this node has run
	Advertised func() string        // the address under which others reach it
	Conflicts  <-chan *cluster.TwinError
	Call       func(ctx context.Context, address string, method uint8, body []byte) ([]byte, error)
	Logger     *slog.Logger
}

// Twins watches for other nodes with this node's id or name. Make one with New.
type Twins struct{ c Config }

// New returns a Twins that watches nothing until Run.
func New(c Config) *Twins { return &Twins{c} }

type ageAnswer struct {
	AgeMS int64 `json:"age_ms"`
}

// Serve tells another node how long this one has run.
func (t *Twins) Serve() ([]byte, error) {
	return json.Marshal(ageAnswer{t.c.Age().Milliseconds()})
}

// Run returns an error, with which this node is to stop, when another one carries its id or
// name and was there first. Both hear of the other.
func (t *Twins) Run(ctx context.Context) error {
	for {
		select {
		case twin := <-t.c.Conflicts:
			if t.givesWay(ctx, twin) {
				return twin
			}
			t.c.Logger.Error("another node carries this node's id or name", "err", twin)
		case <-ctx.Done():
			return nil
		}
	}
}

// givesWay reports whether this node is the one to stop. Two nodes of one id vote with
// one voice, so the younger stops however long it has run. A twin that does not answer
// is going already, or is reported again.
func (t *Twins) givesWay(ctx context.Context, twin *cluster.TwinError) bool {
	ctx, cancel := context.WithTimeout(ctx, ageWithin)
	defer cancel()
	own := t.c.Age()
	if twin.ID != t.c.ID() && own > twinWithin {
		return false
	}
	answer, err := t.c.Call(ctx, twin.Address, MethodAge, nil)
	if err != nil {
		t.c.Logger.Warn("a node with this node's id or name does not say how old it is", "address", twin.Address, "err", err)
		return false
	}
	var other ageAnswer
	if err := json.Unmarshal(answer, &other); err != nil {
		return false
	}
	return yields(own, time.Duration(other.AgeMS)*time.Millisecond, t.c.Advertised(), twin.Address)
}

// yields reports whether the node that has run for own gives way to the other. Where
// ages do not decide, addresses do, so that exactly one of the two stays.
func yields(own, other time.Duration, ownAddress, otherAddress string) bool {
	if (own - other).Abs() > ageMargin {
		return own < other
	}
	return ownAddress > otherAddress
}
