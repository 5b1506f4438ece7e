package closing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Stack is the list of things to stop. The zero value is empty and ready for use by
// one goroutine at a time.
type Stack struct {
	steps []step
}

type step struct {
	name string
	stop func(context.Context) error
}

// Push adds a thing that is now open.
func (s *Stack) Push(name string, stop func(context.Context) error) {
	s.steps = append(s.steps, step{name, stop})
}

// Unwind stops everything once, newest first, going on past errors, which it
// logs and joins.
func (s *Stack) Unwind(ctx context.Context, log *slog.Logger) error {
	var faults []error
	for len(s.steps) > 0 {
		last := s.steps[len(s.steps)-1]
		s.steps = s.steps[:len(s.steps)-1]
		if err := last.stop(ctx); err != nil {
			log.Warn("stop", "step", last.name, "err", err)
			faults = append(faults, fmt.Errorf("stop %s: %w", last.name, err))
		}
	}
	return errors.Join(faults...)
}
