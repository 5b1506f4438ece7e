package fsm

import (
	"crypto/sha256"

	"roster"
	"roster/fsm/codec"
)

// digest returns SHA-256 over every item of the state.
func (s *state) digest(shard roster.ShardID) (sum [32]byte) {
	h := sha256.New()
	w := codec.NewWriter(nil)
	// Neither the writer (what was loaded or applied can be written) nor the hash
	// (it never does) has a fault to give here; a digest of less would differ.
	_ = s.items(shard, func(body func(*codec.Writer)) error {
		w.Reset(w.Bytes()[:0])
		body(w)
		b, err := w.Finish()
		h.Write(b)
		return err
	})
	h.Sum(sum[:0])
	return sum
}
