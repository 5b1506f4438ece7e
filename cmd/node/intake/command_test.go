package intake

import (
	"encoding/json"
	"testing"

	"roster"
)

func TestDecodeCommand(t *testing.T) {
	good := map[string]string{
		"register":     `{"agent":{"id":"a/b"},"mode":"put"}`,
		"update":       `{"id":"a/b","labels":{"set":{"k":"v"}}}`,
		"deregister":   `{"id":"a/b","if_match":3}`,
		"set_health":   `{"id":"a/b","health":{"state":"warning","reason":"slow"}}`,
		"open_session": `{"id":"s","ttl":"10s"}`,
		"end_session":  `{"id":"s"}`,
	}
	for kind, body := range good {
		command, err := DecodeCommand(kind, json.RawMessage(body))
		if err != nil || command.Kind().String() != kind {
			t.Errorf("%s: %v, %v", kind, command, err)
		}
	}
	bad := []struct {
		kind, body string
		code       roster.Code
	}{
		{"tick", `{}`, roster.CodeDenied}, {"set_map", `{}`, roster.CodeDenied}, {"join_node", `{}`, roster.CodeDenied},
		{"set_token", `{}`, roster.CodeDenied}, {"drop_token", `{}`, roster.CodeDenied},
		{"", `{}`, roster.CodeInvalid}, {"dance", `{}`, roster.CodeInvalid},
		{"deregister", `{"id":"a/b","colour":1}`, roster.CodeInvalid}, {"deregister", `{"id":1}`, roster.CodeInvalid},
		{"deregister", ``, roster.CodeInvalid}, {"open_session", `{"id":"s","ttl":"soon"}`, roster.CodeInvalid},
	}
	for _, test := range bad {
		if _, err := DecodeCommand(test.kind, json.RawMessage(test.body)); roster.CodeOf(err) != test.code {
			t.Errorf("%s %s: %v, want %s", test.kind, test.body, err, test.code)
		}
	}
}
