package transport

import (
	"bufio"
	"encoding/binary"
	"errors"

	"roster/transport/wire"
)

// frameKind says what a frame of LaneCall is. On the wire a frame is: kind, uvarint
// id; for a request: method and uvarint milliseconds remaining (0: no deadline);
// uvarint length and that many bytes.
type frameKind byte

const (
	frameRequest frameKind = 1
	frameAnswer  frameKind = 2
	frameFault   frameKind = 3 // an answer that is an error
	framePing    frameKind = 4
	framePong    frameKind = 5
)

type frame struct {
	kind        frameKind
	id          uint64
	method      uint8
	remainingMS uint64
	body        []byte
	call        *call // the caller's side of a request; not on the wire
}

var (
	errFrameKind   = errors.New("frame of an unknown kind")
	errFrameLength = errors.New("frame longer than allowed")
)

// appendHeader appends all of f but its body.
func (f *frame) appendHeader(b []byte) []byte {
	b = binary.AppendUvarint(append(b, byte(f.kind)), f.id)
	if f.kind == frameRequest {
		b = binary.AppendUvarint(append(b, f.method), f.remainingMS)
	}
	return binary.AppendUvarint(b, uint64(len(f.body)))
}

// readFrame reads one frame; io.EOF only between frames.
func readFrame(r *bufio.Reader) (frame, error) {
	kind, err := r.ReadByte()
	if err != nil {
		return frame{}, err
	}
	f := frame{kind: frameKind(kind)}
	if f.kind < frameRequest || f.kind > framePong {
		return frame{}, errFrameKind
	}
	if err := f.readHead(r); err != nil {
		return frame{}, wire.Inside(err)
	}
	length, err := binary.ReadUvarint(r)
	if err != nil {
		return frame{}, wire.Inside(err)
	}
	if length > FrameMax {
		return frame{}, errFrameLength
	}
	f.body, err = wire.ReadBody(r, int(length))
	return f, wire.Inside(err)
}

func (f *frame) readHead(r *bufio.Reader) (err error) {
	if f.id, err = binary.ReadUvarint(r); err != nil || f.kind != frameRequest {
		return err
	}
	if f.method, err = r.ReadByte(); err != nil {
		return err
	}
	f.remainingMS, err = binary.ReadUvarint(r)
	return err
}
