package agentpool

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// Entries are the functions that every program of Roster's can run, to try fleets out:
//
//   - idle is ready at once and does nothing until it is stopped.
//   - flaky is ready at once and fails after the time that its variable AFTER names, one
//     second without.
//   - echo answers each message with what is in it, after the time that its variable WORK
//     names, at once without.
//   - tally answers each message with how many it has had. It keeps that number when it is
//     stopped, so that it goes on counting where it runs next.
func Entries() map[string]Func {
	return map[string]Func{"idle": idle, "flaky": flaky, "echo": echo, "tally": tally}
}

func tally(ctx context.Context, self Self) error {
	kept, err := self.State.Load(ctx)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(string(kept)) // nothing is none
	self.Ready()
	for {
		m, err := self.Mail.Receive(ctx)
		if ctx.Err() != nil {
			return self.State.Save(ctx, strconv.AppendInt(nil, int64(n), 10))
		}
		if err != nil {
			return err
		}
		if n++; m.ReplyTo != "" {
			_ = self.Mail.Reply(ctx, m, strconv.AppendInt(nil, int64(n), 10), "") // who asked may have gone
		}
	}
}

func echo(ctx context.Context, self Self) error {
	work, err := self.duration("WORK", 0)
	if err != nil {
		return err
	}
	self.Ready()
	for {
		m, err := self.Mail.Receive(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if wait(ctx, work); m.ReplyTo != "" {
			_ = self.Mail.Reply(ctx, m, m.Body, "") // who asked may have gone
		}
	}
}

func idle(ctx context.Context, self Self) error {
	self.Ready()
	<-ctx.Done()
	return nil
}

// errFlaky is how flaky fails.
var errFlaky = errors.New("this agent fails on purpose")

func flaky(ctx context.Context, self Self) error {
	after, err := self.duration("AFTER", time.Second)
	if err != nil {
		return err
	}
	self.Ready()
	wait(ctx, after)
	if ctx.Err() != nil {
		return nil
	}
	return errFlaky
}

// duration reads a variable.
func (s Self) duration(name string, without time.Duration) (time.Duration, error) {
	text, ok := s.Env.Get(name)
	if !ok {
		return without, nil
	}
	return time.ParseDuration(text)
}
