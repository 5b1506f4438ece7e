package cluster

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"roster"
)

// Meta is what a node tells all others about itself. Encoded, it has at most
// MetaBytesMax bytes.
type Meta struct {
	Name    string // unique among live members
	Bind    string // host:port for everything between nodes, as configured
	HTTP    string // host:port of the HTTP API
	Version string
	// ClusterID is which founding the node's cluster goes back to; "" until it has one, and
	// of builds that do not say.
	ClusterID string
	// Level is up to which level of commands the node can apply; 1 to 255, and 1 where a
	// node does not say it.
	Level int
}

// The encoding: version, flags, then four texts, each behind one byte of length; then, if
// there is either, the cluster id as another text, and the level, if it is more than 1.
// Builds before these read neither. Later versions append.
const (
	metaVersion  = 1
	metaTextMax  = 255
	flagLeaving  = 1 // this node is about to leave: its silence is no failure
	metaOverhead = 2 + 4
)

// Validate reports an Invalid error when m cannot be encoded.
func (m Meta) Validate() error {
	size := metaOverhead
	if m.ClusterID != "" || m.Level > 1 {
		size++
	}
	if m.Level > 1 {
		size++
	}
	for _, text := range [...]struct{ field, s string }{{"name", m.Name}, {"bind", m.Bind}, {"http", m.HTTP}, {"version", m.Version}, {"cluster_id", m.ClusterID}} {
		size += len(text.s)
		if len(text.s) > metaTextMax || !plain(text.s) {
			return roster.Invalid("meta."+text.field, "%q: want at most %d bytes of printable UTF-8", text.s, metaTextMax)
		}
	}
	if m.Name == "" {
		return roster.Invalid("meta.name", "no node name")
	}
	if size > MetaBytesMax {
		return roster.Invalid("meta", "name, addresses and version take %d bytes; at most %d", size, MetaBytesMax)
	}
	return nil
}

func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// encode returns m for the wire; m must be valid.
func (m Meta) encode(leaving bool) []byte {
	b := []byte{metaVersion, 0}
	if leaving {
		b[1] |= flagLeaving
	}
	for _, s := range [...]string{m.Name, m.Bind, m.HTTP, m.Version} {
		b = append(append(b, byte(len(s))), s...)
	}
	if m.ClusterID != "" || m.Level > 1 {
		b = append(append(b, byte(len(m.ClusterID))), m.ClusterID...)
	}
	if m.Level > 1 {
		b = append(b, byte(min(m.Level, 255)))
	}
	return b
}

var errMeta = errors.New("what the node says of itself cannot be read")

func decodeMeta(b []byte) (m Meta, leaving bool, err error) {
	if len(b) < metaOverhead || len(b) > MetaBytesMax || b[0] < metaVersion {
		return Meta{}, false, errMeta
	}
	leaving = b[1]&flagLeaving != 0
	b = b[2:]
	texts := []*string{&m.Name, &m.Bind, &m.HTTP, &m.Version, &m.ClusterID}
	for i, text := range texts {
		if len(b) == 0 && i == len(texts)-1 {
			break
		}
		if len(b) == 0 || int(b[0]) > len(b)-1 {
			return Meta{}, false, errMeta
		}
		*text, b = string(b[1:1+int(b[0])]), b[1+int(b[0]):]
	}
	if m.Validate() != nil {
		return Meta{}, false, errMeta
	}
	if m.Level = 1; len(b) > 0 {
		m.Level = max(1, int(b[0]))
	}
	return m, leaving, nil
}
