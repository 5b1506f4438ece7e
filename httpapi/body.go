package httpapi

import (
	"roster/httpapi/body"
	"roster/httpapi/door"
	"roster/httpapi/wire"
)

// decoded reads the body of a request as what decode makes of it.
func decoded[T any](c *call, decode func(wire.Value) (T, error)) (T, error) {
	var none T
	raw, err := body.Read(c.ResponseWriter, c.r, c.Body)
	if err == nil {
		err = c.place.Enter(true)
	}
	if err != nil {
		return none, err
	}
	value, err := wire.Parse(raw)
	if err != nil {
		return none, err
	}
	return decode(value)
}

// noBody refuses a body where none is taken.
func (c *call) noBody() error { return body.None(c.r) }

// enter asks who calls, where the node asks for tokens. Paths of no row lead nowhere.
func (c *call) enter() error {
	keeper := c.api.options.Tokens
	if keeper == nil || c.Path == "" {
		return nil
	}
	ctx, secret, err := door.Admit(c.r, c.Right, keeper)
	if ctx != nil {
		c.r, c.secret = c.r.WithContext(ctx), secret
	}
	return err
}

// stillIn asks again who calls: a stream ends when its token does.
func (c *call) stillIn() error {
	if c.secret == "" {
		return nil
	}
	_, err := c.api.options.Tokens.Recognise(c.secret)
	return err
}
