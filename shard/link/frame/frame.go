package frame

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/transport/wire"
)

// Kind says what a frame is. Numbers are part of the format.
type Kind uint8

// The kinds. Requests are answered by a frame with the same ID, or by a Fault; Nudge
// alone is not answered.
const (
	Append        Kind = 1 // Index, IndexTerm: the entry before Entries
	Vote          Kind = 2 // Index, IndexTerm: the last entry of the candidate
	PreVote       Kind = 3 // the same
	HandOver      Kind = 4 // stand for election now
	Beats         Kind = 5 // heartbeats of many groups
	Nudge         Kind = 6 // Index, IndexTerm: the entry up to which all is committed
	Ping          Kind = 7 // a sign of life, please
	Install       Kind = 8 // a snapshot up to Index, IndexTerm; Size bytes follow the frame
	AppendAnswer  Kind = 17
	VoteAnswer    Kind = 18
	PreVoteAnswer Kind = 19
	HandOverDone  Kind = 20
	BeatsAnswer   Kind = 21 // Beats: those answered so far
	Pong          Kind = 23
	InstallAnswer Kind = 24
	Fault         Kind = 25 // Text: why there is no answer
)

// Flags are the yes and no of a frame or of a beat.
type Flags uint8

// The flags.
const (
	Yes      Flags = 1 << iota // success, or granted
	Soon                       // no need to back off before the next try
	Transfer                   // this vote is part of a transfer of leadership
	Settled                    // the leader has committed an entry of its term
	Failed                     // this beat has no answer
)

// The bounds of a frame.
const (
	Max        = 4 << 20 // bytes of a body
	EntriesMax = 1024
	BeatsMax   = 1024
	TextMax    = 1024 // bytes of a text; longer ones are cut
)

// Frame is one message. Which fields mean something depends on the kind; the others
// are zero.
type Frame struct {
	Kind      Kind
	ID        uint64 // of the request, unique on its connection
	Group     uint32
	Flags     Flags
	Protocol  raft.ProtocolVersion // of the sender's Raft
	Term      uint64
	Index     uint64
	IndexTerm uint64
	Commit    uint64 // of Install: the index of Configuration
	Entries   []*raft.Log
	Beats     []Beat
	Size      int64  // of the snapshot
	Version   uint8  // of the snapshot
	Bytes     []byte // of Install: the configuration
	Text      string
}

// Set sets a flag if it holds.
func (f *Frame) Set(flag Flags, holds bool) {
	if holds {
		f.Flags |= flag
	}
}

// Beat is a heartbeat of one group, or the answer to one: then Group is its place in
// the request, and Index the last index of the log.
type Beat struct {
	Group uint32
	Flags Flags
	Term  uint64
	Index uint64 // the commit index
}

// The faults of a frame.
var (
	ErrKind   = errors.New("frame of an unknown kind")
	ErrLength = errors.New("frame longer than allowed")
)

// Bits of the first byte of an entry, beside its type.
const (
	hasTime       = 0x80
	hasExtensions = 0x40
	typeBits      = 0x3f
)

// entryLeast and beatLeast are the fewest bytes that one takes.
const (
	entryLeast = 4
	beatLeast  = 4
)

// Write writes f. It fails with ErrLength, and writes nothing, when f is too long.
func Write(w *bufio.Writer, f *Frame) error {
	head := f.appendFixed(make([]byte, 0, 96))
	length := len(head) + f.tailBytes()
	if length > Max || len(f.Entries) > EntriesMax || len(f.Beats) > BeatsMax {
		return ErrLength
	}
	if _, err := w.Write(append(binary.AppendUvarint(append(w.AvailableBuffer(), byte(f.Kind)), uint64(length)), head...)); err != nil {
		return err
	}
	return f.writeTail(w)
}

func (f *Frame) appendFixed(b []byte) []byte {
	b = binary.AppendUvarint(b, f.ID)
	b = binary.AppendUvarint(b, uint64(f.Group))
	b = append(b, byte(f.Flags), byte(f.Protocol))
	for _, v := range [...]uint64{f.Term, f.Index, f.IndexTerm, f.Commit} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// tailBytes is the length of what writeTail writes.
func (f *Frame) tailBytes() int {
	switch f.Kind {
	case Append:
		n := uvarintBytes(uint64(len(f.Entries)))
		for _, e := range f.Entries {
			n += entryBytes(e, f.Index)
		}
		return n
	case Beats, BeatsAnswer:
		n := uvarintBytes(uint64(len(f.Beats)))
		for _, b := range f.Beats {
			n += 1 + uvarintBytes(uint64(b.Group)) + uvarintBytes(b.Term) + uvarintBytes(b.Index)
		}
		return n
	case Install:
		return 1 + uvarintBytes(uint64(f.Size)) + len(f.Bytes)
	case Fault:
		return min(len(f.Text), TextMax)
	}
	return 0
}

func (f *Frame) writeTail(w *bufio.Writer) error {
	var err error
	switch f.Kind {
	case Append:
		_, err = w.Write(binary.AppendUvarint(w.AvailableBuffer(), uint64(len(f.Entries))))
		for i := 0; i < len(f.Entries) && err == nil; i++ {
			err = writeEntry(w, f.Entries[i], f.Index)
		}
	case Beats, BeatsAnswer:
		_, err = w.Write(binary.AppendUvarint(w.AvailableBuffer(), uint64(len(f.Beats))))
		for i := 0; i < len(f.Beats) && err == nil; i++ {
			_, err = w.Write(f.Beats[i].append(w.AvailableBuffer()))
		}
	case Install:
		if _, err = w.Write(binary.AppendUvarint(append(w.AvailableBuffer(), f.Version), uint64(f.Size))); err == nil {
			_, err = w.Write(f.Bytes)
		}
	case Fault:
		_, err = w.WriteString(f.Text[:min(len(f.Text), TextMax)])
	}
	return err
}

func (b Beat) append(to []byte) []byte {
	to = append(binary.AppendUvarint(to, uint64(b.Group)), byte(b.Flags))
	return binary.AppendUvarint(binary.AppendUvarint(to, b.Term), b.Index)
}

func uvarintBytes(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

// EntryBytes is about how many bytes an entry takes in a frame, at most.
func EntryBytes(e *raft.Log) int { return len(e.Data) + len(e.Extensions) + 48 }

func entryBytes(e *raft.Log, prev uint64) int {
	n := 1 + uvarintBytes(e.Index-prev) + uvarintBytes(e.Term) + uvarintBytes(uint64(len(e.Data))) + len(e.Data)
	if !e.AppendedAt.IsZero() {
		n += 8
	}
	if len(e.Extensions) > 0 {
		n += uvarintBytes(uint64(len(e.Extensions))) + len(e.Extensions)
	}
	return n
}

func writeEntry(w *bufio.Writer, e *raft.Log, prev uint64) error {
	first := byte(e.Type) & typeBits
	if !e.AppendedAt.IsZero() {
		first |= hasTime
	}
	if len(e.Extensions) > 0 {
		first |= hasExtensions
	}
	b := binary.AppendUvarint(append(make([]byte, 0, 48), first), e.Index-prev)
	b = binary.AppendUvarint(b, e.Term)
	if first&hasTime != 0 {
		b = binary.BigEndian.AppendUint64(b, uint64(e.AppendedAt.UnixNano()))
	}
	if _, err := w.Write(binary.AppendUvarint(b, uint64(len(e.Data)))); err != nil {
		return err
	}
	if _, err := w.Write(e.Data); err != nil || first&hasExtensions == 0 {
		return err
	}
	if _, err := w.Write(binary.AppendUvarint(b[:0], uint64(len(e.Extensions)))); err != nil {
		return err
	}
	_, err := w.Write(e.Extensions)
	return err
}

// Read reads one frame into f, whose Beats are used again; io.EOF only between frames.
// Entries and Bytes lie in memory of their own.
func Read(r *bufio.Reader, f *Frame) error {
	kind, err := r.ReadByte()
	if err != nil {
		return err
	}
	length, err := binary.ReadUvarint(r)
	switch {
	case err != nil:
		return wire.Inside(err)
	case !Kind(kind).known():
		return ErrKind
	case length > Max:
		return ErrLength
	}
	*f = Frame{Kind: Kind(kind), Beats: f.Beats[:0]}
	if f.Kind != Append && f.Kind != Install && int(length) <= r.Size() {
		return f.readSmall(r, int(length))
	}
	body, err := wire.ReadBody(r, int(length))
	if err != nil {
		return wire.Inside(err)
	}
	return f.decode(wire.NewCursor(body))
}

// readSmall decodes a frame of which nothing is kept where it lies in r's buffer.
func (f *Frame) readSmall(r *bufio.Reader, length int) error {
	body, err := r.Peek(length)
	if err != nil {
		return wire.Inside(err)
	}
	err = f.decode(wire.NewCursor(body))
	_, _ = r.Discard(length) // it is buffered
	return err
}

func (k Kind) known() bool {
	return k >= Append && k <= Install || k >= AppendAnswer && k <= BeatsAnswer || k >= Pong && k <= Fault
}

func (f *Frame) decode(c *wire.Cursor) error {
	f.ID = c.Uvarint()
	f.Group = group(c)
	f.Flags, f.Protocol = Flags(c.Byte()), raft.ProtocolVersion(c.Byte())
	f.Term, f.Index, f.IndexTerm, f.Commit = c.Uvarint(), c.Uvarint(), c.Uvarint(), c.Uvarint()
	switch f.Kind {
	case Append:
		f.decodeEntries(c)
	case Beats, BeatsAnswer:
		for range c.Count(BeatsMax, beatLeast) {
			f.Beats = append(f.Beats, Beat{Group: group(c), Flags: Flags(c.Byte()), Term: c.Uvarint(), Index: c.Uvarint()})
		}
	case Install:
		f.Version, f.Size = c.Byte(), int64(c.Uvarint()&^(1<<63))
		f.Bytes = c.Bytes(uint64(c.Len()))
	case Fault:
		f.Text = string(c.Bytes(uint64(min(c.Len(), TextMax))))
	}
	if c.Err() == nil && c.Len() > 0 {
		c.Fail()
	}
	return c.Err()
}

func group(c *wire.Cursor) uint32 {
	v := c.Uvarint()
	if v > 1<<32-1 {
		c.Fail()
	}
	return uint32(v)
}

func (f *Frame) decodeEntries(c *wire.Cursor) {
	n := c.Count(EntriesMax, entryLeast)
	if n == 0 {
		return
	}
	logs := make([]raft.Log, n)
	f.Entries = make([]*raft.Log, n)
	for i := range logs {
		e := &logs[i]
		first := c.Byte()
		e.Type = raft.LogType(first & typeBits)
		e.Index, e.Term = f.Index+c.Uvarint(), c.Uvarint()
		if first&hasTime != 0 {
			e.AppendedAt = time.Unix(0, int64(c.Uint64()))
		}
		e.Data = c.Bytes(c.Uvarint())
		if first&hasExtensions != 0 {
			e.Extensions = c.Bytes(c.Uvarint())
		}
		f.Entries[i] = e
	}
}

// The preface of a connection.
const (
	magic   = "RHUB"
	version = 1
)

// WritePreface writes and flushes what a connection begins with.
func WritePreface(w io.Writer, node roster.NodeID) error {
	if len(node) > 255 {
		return fmt.Errorf("node id of %d bytes", len(node))
	}
	b := append([]byte(magic), version, byte(len(node)))
	_, err := w.Write(append(b, node...))
	return err
}

// ReadPreface reads a preface and returns the node at the other end.
func ReadPreface(r io.Reader) (roster.NodeID, error) {
	var b [len(magic) + 2]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return "", err
	}
	if string(b[:len(magic)]) != magic {
		return "", errors.New("the peer does not speak of Raft")
	}
	if b[len(magic)] != version {
		return "", fmt.Errorf("the peer speaks version %d of the Raft frames, this node %d", b[len(magic)], version)
	}
	id := make([]byte, b[len(magic)+1])
	_, err := io.ReadFull(r, id)
	return roster.NodeID(id), err
}
