package agentpool

import (
	"context"
	"errors"
	"time"
)

// Entries are the functions that every program of Roster's can run, to try fleets out:
//
//   - idle is ready at once and does nothing until it is stopped.
//   - flaky is ready at once and fails after the time that its variable AFTER names, one
//     second without.
func Entries() map[string]Func { return map[string]Func{"idle": idle, "flaky": flaky} }

func idle(ctx context.Context, self Self) error {
	self.Ready()
	<-ctx.Done()
	return nil
}

// errFlaky is how flaky fails.
var errFlaky = errors.New("this agent fails on purpose")

func flaky(ctx context.Context, self Self) error {
	after := time.Second
	if text, ok := self.Env.Get("AFTER"); ok {
		var err error
		if after, err = time.ParseDuration(text); err != nil {
			return err
		}
	}
	self.Ready()
	wait(ctx, after)
	if ctx.Err() != nil {
		return nil
	}
	return errFlaky
}
