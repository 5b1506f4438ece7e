package httpapi

import (
	"context"
	"fmt"
	"time"

	"roster"
	"roster/httpapi/sse"
)

// hold keeps a session alive for as long as the connection stays.
func (c *call) hold() error {
	id, err := c.sessionID()
	if err != nil || c.headOnly() {
		return err
	}
	leave, err := c.admit(&c.api.holds, c.api.meter.Holds, c.api.options.MaxHolds)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithCancel(c.r.Context())
	held, done := c.holding(ctx, id)
	defer func() { // join the goroutine that holds
		cancel()
		for range done {
		}
	}()
	select {
	case err := <-done:
		return err
	case <-held:
	}
	s, err := sse.Open(c)
	if err != nil {
		return nil // the reader left
	}
	gap := time.NewTicker(c.api.holdGap)
	defer gap.Stop()
	for err == nil {
		select {
		case err := <-done:
			if err != nil && ctx.Err() == nil {
				c.endStream(s, err)
			}
			return nil
		case <-gap.C:
			if err = c.stillIn(); err != nil {
				c.endStream(s, err)
				break
			}
			err = s.Comment()
		}
	}
	return nil
}

// holding holds the session until ctx ends; held is closed when the hold stands,
// done gets the end and is closed.
func (c *call) holding(ctx context.Context, id roster.SessionID) (held <-chan struct{}, done <-chan error) {
	stands, end := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(end)
		defer func() { // a goroutine's panic would end the process
			if fault := recover(); fault != nil {
				c.api.meter.Panics.Inc()
				end <- fmt.Errorf("panic in a hold: %v", fault)
			}
		}()
		end <- c.api.service.HoldSession(ctx, id, func() { close(stands) })
	}()
	return stands, end
}
