package shared

import (
	"context"
	"slices"
	"sync"

	"roster"
)

// What Bounds mean where they say nothing, and how long a key may be.
const (
	BytesDefault = 256 << 20
	CountDefault = 1024
	KeyMax       = 256
)

// Bounds are what a node keeps at most.
type Bounds struct {
	Bytes int64 // of all blobs together; 0 is BytesDefault
	Count int   // 0 is CountDefault
}

// Load returns the contents of a blob. It must not keep them, nor change them afterwards.
type Load func(ctx context.Context) ([]byte, error)

// Blobs are the blobs of one node. Make them with New.
type Blobs struct {
	bounds Bounds
	mu     struct {
		sync.Mutex
		blobs map[string]*blob
		bytes int64
	}
}

// blob is kept while anybody has it or waits for it.
type blob struct {
	key    string
	loaded chan struct{} // closed when content or err is known
	users  int           // under the lock of all
	// Set before loaded is closed, and not changed. again says that err is the end of the one
	// that loaded, and none of the blob's.
	content []byte
	err     error
	again   bool
}

// New returns Blobs that keep nothing yet.
func New(b Bounds) *Blobs {
	if b.Bytes == 0 {
		b.Bytes = BytesDefault
	}
	if b.Count == 0 {
		b.Count = CountDefault
	}
	s := &Blobs{bounds: b}
	s.mu.blobs = map[string]*blob{}
	return s
}

// Usage returns how many blobs are kept, and their bytes.
func (s *Blobs) Usage() (count int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mu.blobs), s.mu.bytes
}

// get returns the blob of a key, which is then used once more.
func (s *Blobs) get(ctx context.Context, key string, load Load) (*blob, error) {
	for {
		b, first, err := s.enter(key)
		if err != nil {
			return nil, err
		}
		if first {
			s.load(ctx, b, load)
		}
		select {
		case <-b.loaded:
			err = b.err
		case <-ctx.Done():
			s.leave(b)
			return nil, ctx.Err()
		}
		if err == nil {
			return b, nil
		}
		if s.leave(b); first || !b.again {
			return nil, err
		}
	}
}

// enter adds a user to the blob of a key, and makes it if there is none.
func (s *Blobs) enter(key string) (b *blob, first bool, err error) {
	if key == "" || len(key) > KeyMax {
		return nil, false, roster.Invalid("key", "%d bytes: want 1 to %d", len(key), KeyMax)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.mu.blobs[key]; b != nil {
		b.users++
		return b, false, nil
	}
	if len(s.mu.blobs) >= s.bounds.Count {
		return nil, false, roster.Errorf(roster.CodeOverloaded, "%d blobs are kept here, and that is the most", len(s.mu.blobs))
	}
	b = &blob{key: key, loaded: make(chan struct{}), users: 1}
	s.mu.blobs[key] = b
	return b, true, nil
}

// leave takes a user from a blob; the last one lets it go.
func (s *Blobs) leave(b *blob) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.users--; b.users > 0 {
		return
	}
	s.drop(b)
	s.mu.bytes -= int64(len(b.content))
}

// drop forgets that a key has this blob; the lock is held.
func (s *Blobs) drop(b *blob) {
	if s.mu.blobs[b.key] == b {
		delete(s.mu.blobs, b.key)
	}
}

// load loads a blob, on the time of who asked first. One that could not be loaded is gone
// before those that wait hear of it, so that the next begins anew.
func (s *Blobs) load(ctx context.Context, b *blob, load Load) {
	content, err := []byte(nil), error(roster.Errorf(roster.CodeInternal, "the blob %q was not loaded: its load panicked", b.key))
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			err = s.room(len(content))
		}
		if b.err = err; err != nil {
			b.again = ctx.Err() != nil
			s.drop(b)
		} else {
			b.content = slices.Clip(content) // who appends to it copies it
			s.mu.bytes += int64(len(content))
		}
		close(b.loaded)
	}()
	content, err = load(ctx)
}

// room refuses more bytes than there may be; the lock is held.
func (s *Blobs) room(n int) error {
	switch {
	case int64(n) > s.bounds.Bytes:
		return &roster.Error{Code: roster.CodeTooLarge, Detail: "the blob is larger than all that may be kept here"}
	case s.mu.bytes+int64(n) > s.bounds.Bytes:
		return roster.Errorf(roster.CodeOverloaded, "%d of %d bytes of blobs are taken, and this one has %d", s.mu.bytes, s.bounds.Bytes, n)
	}
	return nil
}
