package wing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"roster"
	"roster/fleet"
	"roster/httpapi/wire"
	"roster/mailbox"
)

// Services are whom a handler asks. Fleets and Mail may be nil: then nothing is run, and no
// messages are brought.
type Services struct {
	roster.Service
	Fleets fleet.Service
	Mail   mailbox.Service
}

// Request is one call.
type Request struct {
	Context context.Context // with the request under which a write runs exactly once
	Call    *http.Request
	Query   url.Values
	Read    roster.Read
	// Body reads the body; NoBody refuses one.
	Body   func() (wire.Value, error)
	NoBody func() error
}

// Answer is what is sent.
type Answer struct {
	Status  int          // 0 is 200
	Body    []byte       // JSON; nil is none
	Stamp   roster.Stamp // of a read or a write; without an Index it is not told
	ETag    roster.Index // 0 is none
	Private bool         // nobody may store it
}

// Handler serves one route.
type Handler func(Services, Request) (Answer, error)

// Handlers says who serves each route of this package, by its name.
func Handlers() map[string]Handler {
	return map[string]Handler{
		"listTokens": listTokens, "createToken": createToken, "revokeToken": revokeToken, "keyring": keyring, "changeKeyring": changeKeyring,
		"listLoads": listLoads, "listFleets": listFleets, "getFleet": getFleet, "putFleet": putFleet, "deleteFleet": deleteFleet, "scaleFleet": scaleFleet,
		"explainAgent": explainAgent, "recallAgent": recallAgent, "agentOutput": agentOutput,
		"sendMessage": sendMessage, "multicast": multicast, "receiveMessages": receiveMessages, "replyMessage": replyMessage, "getMailbox": getMailbox,
		"getState": getState, "putState": putState, "getStanding": getStanding, "putStanding": putStanding,
	}
}

// shown answers with what json.Marshal makes of v.
func shown[T any](status int, v T, err error) (Answer, error) {
	if err != nil {
		return Answer{}, err
	}
	body, err := json.Marshal(v)
	return Answer{Status: status, Body: body}, err
}

// read decodes the body, strictly, into v.
func read[T any](r Request, v *T) error {
	body, err := r.Body()
	if err != nil {
		return err
	}
	return Decode(body.Raw(), v)
}

// Decode reads JSON strictly. The error is Invalid and names the field, and the byte where
// that is known.
func Decode[T any](raw []byte, v *T) error {
	if len(raw) == 0 || raw[0] != '{' {
		return roster.Invalid("body", "want an object")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		return nil
	}
	if refusal, ok := errors.AsType[*roster.Error](err); ok {
		return refusal
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &roster.Error{Code: roster.CodeInvalid, Field: wrong.Field, Position: int(wrong.Offset), Detail: "a " + wrong.Value + " where something else belongs"}
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return roster.Invalid(strings.Trim(name, `"`), "unknown field")
	}
	return roster.Invalid("body", "%s", err)
}
