package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"roster"
	"roster/httpapi/wire"
)

// DecodeStrict reads one JSON value that has no unknown field and nothing behind it.
func DecodeStrict[T any](raw []byte, into *T) error {
	if !utf8.Valid(raw) {
		return fmt.Errorf("not valid UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return plain(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("something stands behind the JSON value")
	}
	return nil
}

// plain says in the caller's words what encoding/json says in Go's.
func plain(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field != "" {
			return fmt.Errorf("%s: wrong type: %s", wrong.Field, wrong.Value)
		}
		return fmt.Errorf("want an object, not %s", wrong.Value)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.HasSuffix(err.Error(), "unexpected end of JSON input") {
		return fmt.Errorf("the JSON ends too early")
	}
	if text, ok := strings.CutPrefix(err.Error(), "json: "); ok {
		return errors.New(text)
	}
	return err
}

// ParseAgent reads an agent just as a node does: what the API refuses in a body, such
// as a key that is there twice, is refused in a file too.
func ParseAgent(text []byte) (roster.Agent, error) {
	value, err := wire.Parse(text)
	if err != nil {
		return roster.Agent{}, placed(err)
	}
	agent, err := wire.DecodeAgent(value)
	return agent, placed(err)
}

// placed adds the place to the words of an error, for those who see only these.
func placed(err error) error {
	if refusal, ok := errors.AsType[*roster.Error](err); ok && refusal.Position > 0 {
		return fmt.Errorf("%w (at byte %d)", err, refusal.Position)
	}
	return err
}
