package keyring

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"sync"

	"roster"
)

// The bounds of a ring.
const (
	KeyBytes = 32
	KeysMax  = 8 // keys that a ring holds
)

const (
	fingerprintLabel = "roster key fingerprint 1"
	fingerprintBytes = 8
)

// Fingerprint names a key without telling it: 16 hexadecimal digits.
func Fingerprint(key []byte) string {
	drawn, err := hkdf.Key(sha256.New, key, nil, fingerprintLabel, fingerprintBytes)
	if err != nil { // no hash has so short an output that this could be
		return ""
	}
	return hex.EncodeToString(drawn)
}

// Parse reads a key as roster keygen prints it. The error is Invalid and does not hold it.
func Parse(text string) ([]byte, error) {
	key, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(key) != KeyBytes {
		return nil, roster.Invalid("key", "not the base64 of %d bytes: make a key with roster keygen", KeyBytes)
	}
	return key, nil
}

// Ring is the keys of one node. It is safe for concurrent use.
type Ring struct {
	path  string // "": kept in memory
	given string // fingerprint of the key that the node was started with
	turn  chan struct{}
	mu    struct {
		sync.Mutex
		keys [][]byte // the one in use first; replaced, not changed
		hear func(use []byte, others [][]byte) error
	}
}

// Open returns the ring of a node that was started with the key given. Where the file at
// path knows that key, as the one that the node was given before or as one of the ring, the
// ring counts; else the key was changed by hand, and it alone counts from now on.
func Open(path string, given []byte) (*Ring, error) {
	if len(given) != KeyBytes {
		return nil, roster.Invalid("key", "cluster key has %d bytes; want %d", len(given), KeyBytes)
	}
	r := &Ring{path: path, given: Fingerprint(given), turn: make(chan struct{}, 1)}
	r.mu.keys = [][]byte{bytes.Clone(given)}
	if path == "" {
		return r, nil
	}
	kept, found, err := load(path)
	if err != nil || !found {
		return r, err
	}
	if kept.given == r.given {
		r.mu.keys = kept.keys
		return r, nil
	}
	if index(kept.keys, r.given) >= 0 { // the key file follows the ring, or goes ahead of it
		r.mu.keys = kept.keys
	}
	return r, r.save(r.mu.keys)
}

// Keys returns the key in use and the others that are taken. Neither is to be changed.
func (r *Ring) Keys() (use []byte, others [][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.keys[0], r.mu.keys[1:]
}

// Prints returns the fingerprints of the key in use and of all keys, that one first.
func (r *Ring) Prints() (uses string, holds []string) {
	use, others := r.Keys()
	uses = Fingerprint(use)
	holds = []string{uses}
	for _, key := range others {
		holds = append(holds, Fingerprint(key))
	}
	return uses, holds
}

// Hear lets hear know the keys now and at each change; before a change is answered it has
// heard of it. There is one.
func (r *Ring) Hear(hear func(use []byte, others [][]byte) error) error {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	r.mu.Lock()
	r.mu.hear = hear
	keys := r.mu.keys
	r.mu.Unlock()
	return hear(keys[0], keys[1:])
}

// Install takes a key from others from now on. Twice is once. Errors: Invalid,
// Refused (there are KeysMax).
func (r *Ring) Install(key []byte) error {
	if len(key) != KeyBytes {
		return roster.Invalid("key", "cluster key has %d bytes; want %d", len(key), KeyBytes)
	}
	return r.change(func(keys [][]byte) ([][]byte, error) {
		switch {
		case index(keys, Fingerprint(key)) >= 0:
			return keys, nil
		case len(keys) >= KeysMax:
			return nil, roster.Errorf(roster.CodeRefused, "there are %d keys already: remove one first", KeysMax)
		}
		return append(slices.Clone(keys), bytes.Clone(key)), nil
	})
}

// Use makes an installed key the one that this node speaks with: NotFound where it has none
// of that fingerprint.
func (r *Ring) Use(print string) error {
	return r.change(func(keys [][]byte) ([][]byte, error) {
		i := index(keys, print)
		if i < 0 {
			return nil, unknown(print)
		}
		key := keys[i]
		return append([][]byte{key}, slices.Delete(slices.Clone(keys), i, i+1)...), nil
	})
}

// Remove takes a key no more; one that is not there is gone already. Refused for the one in
// use.
func (r *Ring) Remove(print string) error {
	return r.change(func(keys [][]byte) ([][]byte, error) {
		switch i := index(keys, print); i {
		case -1:
			return keys, nil
		case 0:
			return nil, roster.Errorf(roster.CodeRefused, "key %s is in use: use another one first", print)
		default:
			return slices.Delete(slices.Clone(keys), i, i+1), nil
		}
	})
}

func unknown(print string) *roster.Error {
	return roster.Errorf(roster.CodeNotFound, "no key with fingerprint %q is installed", print)
}

func index(keys [][]byte, print string) int {
	return slices.IndexFunc(keys, func(key []byte) bool { return Fingerprint(key) == print })
}

// change makes one change at a time: on disk first, then here, then where it is heard.
func (r *Ring) change(edit func([][]byte) ([][]byte, error)) error {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	r.mu.Lock()
	old, hear := r.mu.keys, r.mu.hear
	r.mu.Unlock()
	next, err := edit(old)
	if err != nil {
		return err
	}
	if slices.EqualFunc(old, next, bytes.Equal) {
		return nil
	}
	if err := r.save(next); err != nil {
		return err
	}
	r.mu.Lock()
	r.mu.keys = next
	r.mu.Unlock()
	if hear == nil {
		return nil
	}
	return hear(next[0], next[1:])
}
