package closing_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"roster/node/closing"
)

func Example() {
	var s closing.Stack
	s.Push("disk", func(context.Context) error { fmt.Println("disk closed"); return nil })
	s.Push("network", func(context.Context) error { fmt.Println("network closed"); return nil })
	fmt.Println(s.Unwind(context.Background(), slog.New(slog.DiscardHandler)))
	// Output:
	// network closed
	// disk closed
	// <nil>
}

func TestUnwindGoesOnPastErrorsAndRunsOnce(t *testing.T) {
	var s closing.Stack
	var ran []string
	broken := errors.New("broken")
	for _, name := range []string{"a", "b", "c"} {
		s.Push(name, func(context.Context) error {
			ran = append(ran, name)
			if name == "b" {
				return broken
			}
			return nil
		})
	}
	log := slog.New(slog.DiscardHandler)
	if err := s.Unwind(context.Background(), log); !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of b", err)
	}
	if err := s.Unwind(context.Background(), log); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if !slices.Equal(ran, []string{"c", "b", "a"}) {
		t.Errorf("ran %v", ran)
	}
}
