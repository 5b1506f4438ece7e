package keys_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"roster"
	"roster/keyring"
	"roster/node/keys"
)

// site is three nodes that call one another without a wire. Those in older run a build that
// knows no such method.
type site struct {
	keepers map[roster.NodeID]*keys.Keeper
	rings   map[roster.NodeID]*keyring.Ring
	older   map[roster.NodeID]bool
	alive   []roster.NodeID
	log     record
	sent    record // all that went from node to node
}

// record is a buffer for several.
type record struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write implements io.Writer.
func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(b)
}

// String returns all that was written.
func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

func key(b byte) []byte { return bytes.Repeat([]byte{b}, keyring.KeyBytes) }

func text(b byte) string { return base64.StdEncoding.EncodeToString(key(b)) }

func print(b byte) string { return keyring.Fingerprint(key(b)) }

func newSite(t *testing.T) *site {
	s := &site{keepers: map[roster.NodeID]*keys.Keeper{}, rings: map[roster.NodeID]*keyring.Ring{}, older: map[roster.NodeID]bool{}, alive: []roster.NodeID{"n1", "n2", "n3"}}
	for _, id := range s.alive {
		ring, err := keyring.Open("", key(1))
		if err != nil {
			t.Fatal(err)
		}
		s.rings[id] = ring
		s.keepers[id] = keys.New(keys.Config{Ring: ring, Self: id, Alive: func() []roster.NodeID { return s.alive }, Logger: slog.New(slog.NewTextHandler(&s.log, nil)),
			Call: func(_ context.Context, to roster.NodeID, _ uint8, body []byte) ([]byte, error) {
				if s.older[to] {
					return nil, roster.Errorf(roster.CodeInvalid, "unknown method")
				}
				_, _ = s.sent.Write(body)
				return s.keepers[to].Serve(id, body)
			}})
	}
	return s
}

// do carries out a step through a node and wants a code and words.
func (s *site) do(t *testing.T, by roster.NodeID, c roster.KeyChange, code roster.Code, words ...string) {
	t.Helper()
	_, err := s.keepers[by].Keyring(context.Background(), c)
	if roster.CodeOf(err) != code {
		t.Errorf("%v: %v, want %q", c, err, code)
	}
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("%v: %v does not say %q", c, err, w)
		}
	}
}

// TestNoStepPartsNodes: each step that would is refused and says because of whom.
func TestNoStepPartsNodes(t *testing.T) {
	s := newSite(t)
	s.alive = s.alive[:1] // the others are away while the key is installed
	s.do(t, "n1", roster.KeyChange{Act: roster.KeyInstall, Key: text(2)}, "")
	s.alive = []roster.NodeID{"n1", "n2", "n3"}
	s.do(t, "n1", roster.KeyChange{Act: roster.KeyUse, Fingerprint: print(2)}, roster.CodeRefused, "n2", "n3")
	s.do(t, "n2", roster.KeyChange{Act: roster.KeyUse, Fingerprint: print(9)}, roster.CodeNotFound)
	s.do(t, "n1", roster.KeyChange{Act: roster.KeyRemove, Fingerprint: print(1)}, roster.CodeRefused, "n1", "n2", "n3")
	s.older["n3"] = true
	s.do(t, "n1", roster.KeyChange{Act: roster.KeyInstall, Key: text(2)}, roster.CodeUnavailable, "n3", "unknown method")
	s.do(t, "n1", roster.KeyChange{Act: roster.KeyUse, Fingerprint: print(2)}, roster.CodeUnavailable, "n3")
	for id, ring := range s.rings {
		if use, _ := ring.Prints(); use != print(1) {
			t.Errorf("%s has changed over", id)
		}
	}
	s.older["n3"] = false
	s.do(t, "n2", roster.KeyChange{Act: roster.KeyInstall, Key: text(2)}, "")
	s.do(t, "n3", roster.KeyChange{Act: roster.KeyUse, Fingerprint: print(2)}, "")
	s.do(t, "n1", roster.KeyChange{Act: roster.KeyRemove, Fingerprint: print(2)}, roster.CodeRefused, "n1")
	s.do(t, "n1", roster.KeyChange{Act: roster.KeyRemove, Fingerprint: print(1)}, "")
	for id, ring := range s.rings {
		if use, holds := ring.Prints(); use != print(2) || len(holds) != 1 {
			t.Errorf("%s holds %v", id, holds)
		}
	}
	for _, bad := range []roster.KeyChange{{Act: "burn"}, {Act: roster.KeyInstall, Key: "x"}, {Act: roster.KeyInstall}} {
		s.do(t, "n1", bad, roster.CodeInvalid)
	}
}

// TestKeysAreToldToNobody: neither the log nor what goes over the wire holds a key, in any
// form; fingerprints stand there.
func TestKeysAreToldToNobody(t *testing.T) {
	s := newSite(t)
	s.do(t, "n1", roster.KeyChange{Act: roster.KeyInstall, Key: text(2)}, "")
	said := s.log.String() + s.sent.String() + fmt.Sprintf("%v %+v %#v", roster.KeyChange{Key: text(2)}, roster.KeyChange{Key: text(2)}, roster.KeyChange{Key: text(2)})
	if !strings.Contains(said, print(2)) || s.sent.String() == "" {
		t.Error("not even the fingerprint is told: nobody has looked for anything")
	}
	for _, secret := range []string{text(2), text(1), string(key(2)), fmt.Sprintf("%x", key(2))} {
		if strings.Contains(said, secret) {
			t.Errorf("a key is told: %s", said)
		}
	}
}
