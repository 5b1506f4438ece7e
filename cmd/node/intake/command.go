package intake

import (
	"encoding/json"
	"errors"

	"roster"
	"roster/cmd/node/screen"
	"roster/fleet"
)

// DecodeCommand is the table behind POST /v1/commands: every kind that callers may
// propose. The kinds that only nodes propose are known, and Denied; what is wrong
// with the body is Invalid.
func DecodeCommand(kind string, body json.RawMessage) (roster.Command, error) {
	switch kind {
	case roster.KindRegister.String():
		return decodeAs[roster.Register](body)
	case roster.KindUpdate.String():
		return decodeAs[roster.Update](body)
	case roster.KindDeregister.String():
		return decodeAs[roster.Deregister](body)
	case roster.KindSetHealth.String():
		return decodeAs[roster.SetHealth](body)
	case roster.KindOpenSession.String():
		return decodeAs[roster.OpenSession](body)
	case roster.KindEndSession.String():
		return decodeAs[roster.EndSession](body)
	case roster.KindSetFleet.String():
		return decodeAs[fleet.Set](body)
	case roster.KindScaleFleet.String():
		return decodeAs[fleet.Scale](body)
	case roster.KindDropFleet.String():
		return decodeAs[fleet.Drop](body)
	case roster.KindRecall.String():
		return decodeAs[fleet.Recall](body)
	}
	for k := range roster.KindDropToken + 1 {
		if k.Internal() && kind != "" && k.String() == kind {
			return nil, roster.Errorf(roster.CodeDenied, "command %s is for nodes alone", kind)
		}
	}
	return nil, roster.Invalid("kind", "unknown command %s: want register, update, deregister, set_health, open_session, end_session, set_fleet, scale_fleet, drop_fleet or recall", screen.Quote(kind))
}

// decodeAs reads the body of one kind.
func decodeAs[C roster.Command](body json.RawMessage) (roster.Command, error) {
	var command C
	err := DecodeStrict(body, &command)
	if refusal, ok := errors.AsType[*roster.Error](err); ok {
		return nil, refusal
	}
	if err != nil {
		return nil, roster.Invalid("body", "%s", err.Error())
	}
	return command, nil
}
