package post

import (
	"context"
	"encoding/json"

	"roster"
	"roster/mailbox"
)

// Serve answers other nodes.
func (p *Post) Serve(ctx context.Context, method uint8, body []byte) ([]byte, error) {
	switch method {
	case MethodPut:
		return answer(body, func(in putting) (bool, error) { return p.put(ctx, in) })
	case MethodTake:
		return answer(body, func(in taking) ([]mailbox.Delivery, error) { return p.take(ctx, in) })
	case MethodReply:
		return answer(body, func(in mailbox.Reply) (bool, error) { return true, p.reply(ctx, in) })
	case MethodProve:
		return answer(body, func(in proving) (bool, error) { return true, p.proveHere(in) })
	case MethodState:
		return answer(body, func(in asking) (mailbox.State, error) { return p.state(ctx, in) })
	case MethodMove:
		return answer(body, func(in mailbox.Contents) (bool, error) { return true, p.accept(in) })
	}
	return nil, roster.Errorf(roster.CodeInvalid, "unknown method %d", method)
}

// answer decodes what was asked and encodes what comes of it.
func answer[In, Out any](body []byte, do func(In) (Out, error)) ([]byte, error) {
	var in In
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, roster.Invalid("message", "%v", err)
	}
	out, err := do(in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}
