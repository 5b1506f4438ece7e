package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"time"
)

// Part is one shard to be archived. Write fills in Bytes and SHA256.
type Part struct {
	Shard
	// State writes the same bytes however often it is asked.
	State io.WriterTo
}

// Write writes an archive of parts, by shard id, to w. Format and Shards of m are its own
// to fill in. The error is that of w or of a state; what was written then is refused by
// Read.
func Write(w io.Writer, m Manifest, parts []Part) error {
	whole := sha256.New()
	out := tar.NewWriter(io.MultiWriter(w, whole))
	m.Format, m.Shards = Format, make([]Shard, 0, len(parts))
	for _, p := range parts {
		s, err := add(out, m.Time, p)
		if err != nil {
			return err
		}
		m.Shards = append(m.Shards, s)
	}
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := entry(out, header(manifestName, int64(len(body)), m.Time), body); err != nil {
		return err
	}
	_, err = w.Write(seal(whole.Sum(nil)))
	return err
}

// add adds a state. It is written twice: a header holds the length of what follows.
func add(out *tar.Writer, at time.Time, p Part) (Shard, error) {
	sum, s := sha256.New(), p.Shard
	n, err := p.State.WriteTo(sum)
	if err != nil {
		return s, err
	}
	s.Bytes, s.SHA256 = n, hex.EncodeToString(sum.Sum(nil))
	if err := out.WriteHeader(header(stateName(s.ID), n, at)); err != nil {
		return s, err
	}
	if _, err := p.State.WriteTo(out); err != nil {
		return s, err
	}
	return s, out.Flush() // it fails when the second time was shorter
}

// entry adds an entry whole.
func entry(out *tar.Writer, h *tar.Header, body []byte) error {
	if err := out.WriteHeader(h); err != nil {
		return err
	}
	if _, err := out.Write(body); err != nil {
		return err
	}
	return out.Flush()
}

func header(name string, size int64, at time.Time) *tar.Header {
	return &tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: at.Truncate(time.Second)}
}

// sealBytes is how long a seal is: one entry, and the two empty blocks that end a tar
// file.
const sealBytes = 4 * 512

// seal returns the end of an archive, every byte of which follows from the digest of what
// comes before.
func seal(sum []byte) []byte {
	var b bytes.Buffer
	out := tar.NewWriter(&b)
	h := header(sealName, int64(hex.EncodedLen(len(sum)))+1, time.Unix(0, 0))
	h.Format = tar.FormatUSTAR
	// A buffer takes everything, and the entry has the length that its header says.
	_ = entry(out, h, append(hex.AppendEncode(nil, sum), '\n'))
	_ = out.Close()
	return b.Bytes()
}
