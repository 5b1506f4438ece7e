package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"roster"
	"roster/httpapi/wire"
)

// command carries out any command that callers may propose.
func (c *call) command() error {
	body, err := decoded(c, wire.DecodeCommand)
	if err != nil {
		return err
	}
	command, err := c.decodeCommand(body)
	if err != nil {
		return err
	}
	ctx, err := c.writeContext()
	if err != nil {
		return err
	}
	result, stamp, err := c.api.service.Do(ctx, command)
	if err != nil {
		return err
	}
	if err := c.written(stamp); err != nil {
		return err
	}
	answer := strconv.AppendUint([]byte(`{"index":`), uint64(result.Index), 10)
	if answer, err = appendValue(append(answer, `,"value":`...), result); err != nil {
		return err
	}
	answer = wire.AppendText(append(answer, `,"token":`...), c.Header().Get("Roster-Token"))
	return c.answer(http.StatusOK, append(answer, '}'))
}

// decodeCommand asks who knows the commands. What that says is wrong is the
// caller's fault, not the node's.
func (c *call) decodeCommand(body wire.Command) (roster.Command, error) {
	if c.api.options.Decode == nil {
		return nil, roster.Errorf(roster.CodeRefused, "this node takes no commands by kind; use the other routes")
	}
	command, err := c.api.options.Decode(body.Kind, body.Body)
	if _, coded := errors.AsType[*roster.Error](err); err != nil && !coded {
		return nil, roster.Invalid("body", "%s", err)
	}
	if err != nil {
		return nil, err
	}
	if command.Kind().Internal() {
		return nil, roster.Errorf(roster.CodeDenied, "command %s is for nodes alone", command.Kind())
	}
	return command, nil
}

// appendValue appends a result's value as JSON.
func appendValue(b []byte, result roster.Result) ([]byte, error) {
	if change, ok := result.Value.(roster.Change); ok && change.Record != nil {
		b = wire.AppendText(append(b, `{"outcome":`...), string(change.Outcome))
		return append(wire.AppendRecord(append(b, `,"agent":`...), change.Record), '}'), nil
	}
	value, err := json.Marshal(result.Value)
	return append(b, value...), err
}
