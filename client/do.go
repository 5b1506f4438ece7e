package client

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"

	"roster"
	"roster/fleet"
)

// commandBody is what /v1/commands takes.
type commandBody struct {
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// commandAnswer is what it gives back.
type commandAnswer struct {
	Index roster.Index    `json:"index"`
	Value json.RawMessage `json:"value"`
	Token roster.Token    `json:"token"`
}

// Do carries out any command that is not Internal.
func (c *Client) Do(ctx context.Context, command roster.Command) (roster.Result, roster.Stamp, error) {
	request, end := c.requestOf(ctx, 1)
	defer end()
	r, err := commandCall(command)
	if err != nil {
		return roster.Result{Err: err}, roster.Stamp{}, err
	}
	r.request = request
	got, stamp, err := send[commandAnswer](ctx, c, r)
	if stamp.Token == "" {
		stamp.Token = got.Token
	}
	if err != nil {
		return roster.Result{Index: indexOf(err), Err: err}, stamp, err
	}
	result := roster.Result{Index: got.Index}
	if err = setValue(&result, command.Kind(), got.Value); err != nil {
		return roster.Result{Err: err}, stamp, err
	}
	return result, stamp, nil
}

// commandCall writes a command as a request.
func commandCall(command roster.Command) (call, error) {
	if command == nil || (reflect.ValueOf(command).Kind() == reflect.Pointer) {
		return call{}, roster.Invalid("command", "want a command by value")
	}
	body, err := json.Marshal(command)
	if err != nil {
		return call{}, roster.Invalid("command", "cannot be written as JSON: %v", err)
	}
	kind := command.Kind().String()
	return withBody(call{
		policy: policy{write: true, what: kind}, method: http.MethodPost, path: "/v1/commands",
	}, commandBody{Kind: kind, Body: body}), nil
}

// setValue decodes what a command of kind came to.
func setValue(result *roster.Result, kind roster.Kind, raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var err error
	switch kind {
	case roster.KindRegister, roster.KindUpdate, roster.KindDeregister, roster.KindSetHealth, roster.KindRecall:
		var change roster.Change
		err = json.Unmarshal(raw, &change)
		result.Value = change
	case roster.KindSetFleet, roster.KindScaleFleet, roster.KindDropFleet:
		var change fleet.Change
		err = json.Unmarshal(raw, &change)
		result.Value = change
	case roster.KindOpenSession:
		var session roster.Session
		err = json.Unmarshal(raw, &session)
		result.Value = session
	}
	if err != nil {
		return &roster.Error{Code: roster.CodeInternal, Detail: "cannot read what " + kind.String() + " came to: is the node of another version?", Cause: err}
	}
	return nil
}

// change carries out a command whose value is a Change.
func (c *Client) change(ctx context.Context, command roster.Command) (roster.Change, roster.Stamp, error) {
	result, stamp, err := c.Do(ctx, command)
	if err != nil {
		return roster.Change{}, stamp, err
	}
	change, ok := result.Value.(roster.Change)
	if !ok || change.Record == nil {
		return roster.Change{}, stamp, roster.Errorf(roster.CodeInternal, "%s answered no agent for %s: is it of another version?", c.Address(), command.Kind())
	}
	return change, stamp, nil
}

// requestOf returns the request that ctx carries, or a new one for count items.
func (c *Client) requestOf(ctx context.Context, count int) (roster.Request, func()) {
	if request, ok := roster.RequestFrom(ctx); ok {
		return request, func() {}
	}
	return c.requests.Begin(count)
}

// indexOf returns the index at which a refusal was decided, if it was.
func indexOf(err error) roster.Index {
	if e, ok := err.(*roster.Error); ok {
		return e.Index
	}
	return 0
}
