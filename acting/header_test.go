package acting

import (
	"net/http"
	"testing"

	"roster"
)

func TestHeaders(t *testing.T) {
	want := Claim{Actor: roster.Actor{Agent: "demo/x~1", Epoch: 7}, Secret: "0123456789abcdef"}
	h := http.Header{}
	if _, claims, err := OfHeader(h); claims || err != nil {
		t.Errorf("nobody: %v, %v", claims, err)
	}
	want.SetHeader(h)
	if got, claims, err := OfHeader(h); got != want || !claims || err != nil {
		t.Errorf("%+v, %v, %v", got, claims, err)
	}
	for name, values := range map[string][]string{AgentHeader: {"X"}, EpochHeader: {"-1"}, SecretHeader: {"a", "b"}} {
		bad := h.Clone()
		if bad[name] = values; name == SecretHeader {
			defer func() { bad[name] = nil }()
		}
		if _, _, err := OfHeader(bad); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%s %q: %v", name, values, err)
		}
		if bad.Del(name); len(bad) != 2 {
			t.Fatal(bad)
		}
		if _, _, err := OfHeader(bad); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
