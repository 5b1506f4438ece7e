package roster

import (
	"testing"

	"pgregory.net/rapid"
)

// What the quick look takes the thorough one takes too, and it does take what is plain.
func TestPlainURLs(t *testing.T) {
	for _, raw := range []string{"http://10.1.2.3:8080/v1/act", "https://a.example/x", "grpc://worker-7:9000", "ws://h"} {
		if !isPlainURL(raw) {
			t.Errorf("%s is not seen to be plain", raw)
		}
	}
	for _, raw := range []string{"http://", "http:///x", "http://h:0", "http://127.1/", "http://u@h/", "http://h/%zz", "file://h/", "http://0x7f.1/", "http://h:8a", "http://h?x"} {
		if isPlainURL(raw) {
			t.Errorf("%s is taken for plain", raw)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SampledFrom(urlSchemes).Draw(t, "scheme") + "://" + rapid.StringMatching(`[a-zA-Z0-9.:/~_-]{0,24}`).Draw(t, "rest")
		if !isPlainURL(raw) {
			return
		}
		if err := validateURL("url", raw); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
	})
}

// A capability that is there twice is found among few and among many.
func TestTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Capability {
			return Capability{Name: rapid.StringMatching("[a-d]").Draw(t, "name"), Version: rapid.StringMatching("[0-5]").Draw(t, "version")}
		}), 0, 12).Draw(t, "list")
		want, seen := -1, map[string]bool{}
		for i, c := range list {
			if seen[c.Name+c.Version] {
				want = i
				break
			}
			seen[c.Name+c.Version] = true
		}
		if got := twice(list); got != want {
			t.Fatalf("%v: %d, want %d", list, got, want)
		}
	})
}
