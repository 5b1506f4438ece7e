package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// stack is the list of things to stop, by name, last opened first. It also rolls
// back a half-built node.
type stack struct {
	steps []step
}

type step struct {
	name string
	stop func(context.Context) error
}

func (s *stack) push(name string, stop func(context.Context) error) {
	s.steps = append(s.steps, step{name, stop})
}

// unwind stops everything once, newest first, and goes on past errors.
func (s *stack) unwind(ctx context.Context, log *slog.Logger) error {
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
