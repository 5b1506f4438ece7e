package scaler_test

import (
	"context"
	"fmt"

	"roster"
	"roster/fleet"
	"roster/mailbox"
	"roster/node/scaler"
)

func Example() {
	of := func(waiting int) func([]fleet.ID) map[fleet.ID]scaler.Figures {
		return func(of []fleet.ID) map[fleet.ID]scaler.Figures {
			var f scaler.Figures
			f.Add(3, mailbox.Load{Waiting: waiting, Handed: 1, Busy: 80}, fleet.Standing{})
			return map[fleet.ID]scaler.Figures{of[0]: f}
		}
	}
	other := scaler.New(scaler.Config{Self: "n2", Own: of(5)})
	call := func(_ context.Context, to roster.NodeID, _ uint8, body []byte) ([]byte, error) {
		if to != "n2" {
			return nil, roster.Errorf(roster.CodeUnavailable, "no answer")
		}
		return other.Serve(body)
	}
	s := scaler.New(scaler.Config{Self: "n1", Own: of(1), Call: call})
	known := s.Of(context.Background(), []roster.NodeID{"n1", "n2", "n3"}, []fleet.ID{"demo/crew"})
	fmt.Println(len(known), known["n1"]["demo/crew"].Waiting, known["n2"]["demo/crew"])
	// Output: 2 1 {1 5 0s 80 0s 4}
}
