package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"time"

	"roster"
	"roster/client/params"
	"roster/client/problem"
	"roster/client/stream"
)

// watchSilenceMax is how long a watch may be silent: a node sends a comment every
// 15 s.
const watchSilenceMax = 35 * time.Second

// Watch yields what happens to the agents that q selects. When the connection or
// its node dies it goes on at another address after the last event, without gap or
// repetition. One stretch cannot be resumed: the initial matches (q.Initial), when
// some were yielded and EventSynced was not; Watch then ends with Unavailable.
func (c *Client) Watch(ctx context.Context, q roster.Query, after roster.Cursor) iter.Seq2[roster.Event, error] {
	return func(yield func(roster.Event, error) bool) {
		w := &watch{Client: c, query: q, cursor: after, initial: q.Initial && after == "", yield: yield}
		if err := w.run(ctx); err != nil && ctx.Err() == nil {
			yield(roster.Event{}, err)
		}
	}
}

// watch is one Watch under way.
type watch struct {
	*Client
	query   roster.Query
	cursor  roster.Cursor // where to go on
	initial bool          // the initial matches are still to come
	partial bool          // some of them were yielded
	yield   func(roster.Event, error) bool
	stopped bool // the caller wants no more
	stood   bool // a connection stood once
}

// run reads one connection after the other until the caller stops, ctx ends, or an
// error is final.
func (w *watch) run(ctx context.Context) error {
	if err := params.OwnScope(w.query); err != nil {
		return err
	}
	for {
		stream, err := w.open(ctx)
		if err != nil {
			return err
		}
		base := w.Address()
		err = w.read(stream)
		switch {
		case w.stopped || ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case w.partial:
			return roster.Errorf(roster.CodeUnavailable, "the connection broke among the initial matches: begin again")
		}
		w.leave(base)
	}
}

// open connects, at the cursor if there is one.
func (w *watch) open(ctx context.Context) (*http.Response, error) {
	query := params.Of(w.query)
	if w.query.AnyHealth {
		query.Set("any_health", "true")
	}
	if w.cursor != "" {
		query.Set("after", string(w.cursor))
	}
	if w.initial {
		query.Set("initial", "true")
	}
	r := call{policy: policy{what: "watch"}, method: http.MethodGet, path: "/v1/watch", query: query}
	if !w.stood { // tried as long as any call; an established watch waits out longer trouble
		r.giveUp = attemptMax
	}
	stream, err := w.stream(ctx, r)
	if err != nil {
		return nil, err
	}
	w.stood = true
	if w.cursor == "" && !w.initial {
		w.cursor = roster.Cursor(stream.Header.Get("Roster-Token")) // where "from now on" began
	}
	return stream, nil
}

// read yields the events of one connection. It returns nil when the connection
// broke, and the error that the node ended the stream with.
func (w *watch) read(answer *http.Response) error {
	quiet := time.AfterFunc(watchSilenceMax, func() { _ = answer.Body.Close() })
	defer quiet.Stop()
	defer answer.Body.Close()
	for m := range stream.Messages(answer.Body, func() { quiet.Reset(watchSilenceMax) }) {
		if m.Event == "error" {
			return ended(m.Data)
		}
		if m.Event != "" {
			event, err := eventOf(m)
			if err != nil {
				return err
			}
			if !w.deliver(event) {
				w.stopped = true
				return nil
			}
		}
		if m.ID != "" && !w.initial {
			w.cursor = roster.Cursor(m.ID)
		}
	}
	return nil
}

// deliver yields one event and keeps count of the initial matches.
func (w *watch) deliver(e roster.Event) bool {
	if w.initial {
		w.partial = e.Type != roster.EventSynced
		w.initial = w.partial
	}
	return w.yield(e, nil)
}

// ended returns the error with which a node ended a stream; nil when another node
// may go on.
func ended(data []byte) error {
	var p problem.Problem
	if err := json.Unmarshal(data, &p); err != nil || !p.Code.Known() {
		return roster.Errorf(roster.CodeInternal, "the stream ended with an error that is not of the Roster API")
	}
	if fateOf(p.Code) == untouched {
		return nil
	}
	return p.Error()
}

// eventBody is the data of an event.
type eventBody struct {
	Shard roster.ShardID `json:"shard"`
	Index roster.Index   `json:"index"`
	Agent *roster.Record `json:"agent"`
}

// eventOf returns the event that a message holds.
func eventOf(m stream.Message) (roster.Event, error) {
	e := roster.Event{Type: roster.EventType(m.Event), Cursor: roster.Cursor(m.ID)}
	if e.Type == roster.EventSynced {
		return e, nil
	}
	var body eventBody
	if err := json.Unmarshal(m.Data, &body); err != nil || body.Agent == nil {
		return e, &roster.Error{Code: roster.CodeInternal, Detail: "cannot read an event: is the node of another version?", Cause: err}
	}
	e.Shard, e.Index, e.After = body.Shard, body.Index, body.Agent
	if e.Type == roster.EventLeft {
		e.Before, e.After = body.Agent, nil
	}
	return e, nil
}
