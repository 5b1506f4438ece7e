package intake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"roster"
)

// DecodeStrict reads one JSON value that has no unknown field and nothing behind it.
func DecodeStrict[T any](raw []byte, into *T) error {
	if !utf8.Valid(raw) {
		return fmt.Errorf("not valid UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		if err == io.EOF {
			return fmt.Errorf("is empty, want JSON")
		}
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("something stands behind the JSON value")
	}
	return nil
}

// ParseAgent reads a line that holds an agent as the API takes it.
func ParseAgent(line []byte) (roster.Agent, error) {
	var agent roster.Agent
	err := DecodeStrict(line, &agent)
	return agent, err
}
