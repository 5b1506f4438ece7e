package scaler

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"roster"
	"roster/fleet"
	"roster/fsm/fleets"
	"roster/mailbox"
	"roster/scaling"
)

// MethodFigures is the method by which nodes ask each other.
const MethodFigures uint8 = 18

// askWithin is how long a node may take to answer.
const askWithin = 200 * time.Millisecond

// Figures are what the members of one fleet on one node have to do.
type Figures struct {
	Members int           `json:"members"`
	Waiting int           `json:"waiting"` // messages
	Oldest  time.Duration `json:"oldest"`  // how long the oldest of each has waited, in sum
	Busy    int           `json:"busy"`    // percent, in sum
	Span    time.Duration `json:"span"`    // that Busy is the mean of
	Held    int           `json:"held"`    // one more than the highest number of one that has messages
}

// Add adds the member of a number: what is in its mailbox, and what it says of itself, if it
// has. What it says counts, but for a member that says it does nothing while it has a
// message: that one does not tell.
func (f *Figures) Add(number int, box mailbox.Load, says fleet.Standing) {
	f.Members++
	f.Waiting += box.Waiting
	f.Oldest += box.Oldest
	f.Span = max(f.Span, box.Span)
	if says.Busy > 0 {
		f.Busy += says.Busy
	} else {
		f.Busy += box.Busy
	}
	if box.Waiting+box.Handed > 0 {
		f.Held = max(f.Held, number+1)
	}
}

// into adds what one node says to what is seen.
func (f Figures) into(s *scaling.Sample) {
	s.Reporting += f.Members
	s.Waiting += f.Waiting
	s.Oldest += f.Oldest
	s.Busy += f.Busy
	s.Span = max(s.Span, f.Span)
	s.Held = max(s.Held, f.Held)
}

// Of asks nodes for the figures of some fleets, all at once, and returns what those say that
// answer.
func (s *Scaler) Of(ctx context.Context, nodes []roster.NodeID, of []fleet.ID) map[roster.NodeID]map[fleet.ID]Figures {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	out := make(map[roster.NodeID]map[fleet.ID]Figures, len(nodes))
	body, err := json.Marshal(of)
	if err != nil {
		return out
	}
	var all sync.WaitGroup
	var lock sync.Mutex
	for _, node := range nodes {
		all.Go(func() {
			if figures, err := s.ask(ctx, node, of, body); err == nil {
				lock.Lock()
				defer lock.Unlock()
				out[node] = figures
			}
		})
	}
	all.Wait()
	return out
}

func (s *Scaler) ask(ctx context.Context, node roster.NodeID, of []fleet.ID, body []byte) (figures map[fleet.ID]Figures, err error) {
	if node == s.config.Self {
		return s.config.Own(of), nil
	}
	b, err := s.config.Call(ctx, node, MethodFigures, body)
	if err != nil {
		return nil, err
	}
	return figures, json.Unmarshal(b, &figures)
}

// Serve answers another node.
func (s *Scaler) Serve(body []byte) ([]byte, error) {
	var of []fleet.ID
	if err := json.Unmarshal(body, &of); err != nil {
		return nil, roster.Invalid("fleets", "%v", err)
	}
	if len(of) > fleets.Max {
		return nil, roster.Invalid("fleets", "%d; at most %d", len(of), fleets.Max)
	}
	return json.Marshal(s.config.Own(of))
}
