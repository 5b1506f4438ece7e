package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/hashicorp/raft"
)

// ErrCorrupt is what all damage to a log is.
var ErrCorrupt = errors.New("log is corrupt")

// Version 1 of the format. Numbers are little-endian.
//
//	segment  header, zeros up to the sector, frames
//	header   magic [8]  version u32  log u64  segment u32  first frame u64  file bytes u64  crc u32
//	frame    crc u32  bytes u32  number u64  oldest segment u32  records u32  0 [8]
//	         records, zeros up to the sector
//	record   crc u32  payload crc u32  bytes u32  group u32  kind u8  0 [3]  chain u64  payload
//	entry    index u64  term u64  appended i64  type u8  extension bytes u16  extension  data
//	delete   low u64  high u64
//	values   (key bytes u8  key  value bytes u32  value)*
const (
	magic       = "ROSTRLOG"
	version     = 1
	headerBytes = 44
	frameBytes  = 32
	entryBytes  = 27
	valueBytes  = 5
)

const (
	// Sector is what a disk writes as a whole. Headers and frames begin on one.
	Sector = 512
	// RecordBytes is the size of a record without its payload.
	RecordBytes = 28
	// DeleteBytes is the size of the payload of a deletion.
	DeleteBytes = 16
)

// What a record is. The values are part of the format.
const (
	KindEntry  byte = 1
	KindDelete byte = 2
	KindValues byte = 3
	KindBegin  byte = 4 // the group's first record
	KindDrop   byte = 5 // the group's last record
	KindBase   byte = 6 // chain and values of a group when a segment begins; not in the chain
	KindMoved  byte = 7 // an entry once more, at a later place; not in the chain
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Header is the first sector of a segment.
type Header struct {
	Log   uint64 // which log: random
	Seq   uint32 // number of the segment
	First uint64 // number of its first frame
	Size  uint64 // of the file, which never gets shorter
}

// Encode returns the sector with which a segment begins.
func (h Header) Encode() []byte {
	b := make([]byte, 0, Sector)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint64(b, h.Log)
	b = binary.LittleEndian.AppendUint32(b, h.Seq)
	b = binary.LittleEndian.AppendUint64(b, h.First)
	b = binary.LittleEndian.AppendUint64(b, h.Size)
	b = b[:Sector]
	resum(b)
	return b
}

func resum(b []byte) {
	binary.LittleEndian.PutUint32(b[headerBytes-4:], crc32.Checksum(b[:headerBytes-4], castagnoli))
}

// DecodeHeader reports false for bytes that no header begins with, and an error for a
// header of another version.
func DecodeHeader(b []byte) (h Header, ok bool, err error) {
	if string(b[:8]) != magic || binary.LittleEndian.Uint32(b[headerBytes-4:]) != crc32.Checksum(b[:headerBytes-4], castagnoli) {
		return h, false, nil
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != version {
		return h, false, fmt.Errorf("log format %d: this program reads format %d; use the program that wrote it", v, version)
	}
	return Header{Log: binary.LittleEndian.Uint64(b[12:]), Seq: binary.LittleEndian.Uint32(b[20:]), First: binary.LittleEndian.Uint64(b[24:]), Size: binary.LittleEndian.Uint64(b[32:])}, true, nil
}

// Seed makes the checksums of one segment of one log its own.
func Seed(log uint64, seq uint32) uint32 {
	var b [12]byte
	binary.LittleEndian.PutUint64(b[:], log)
	binary.LittleEndian.PutUint32(b[8:], seq)
	return crc32.Checksum(b[:], castagnoli)
}

// Frame is the head of a frame.
type Frame struct {
	Bytes   uint32 // of the records
	Number  uint64 // counts through all segments
	Low     uint32 // the oldest segment that is needed
	Records uint32
}

func (f Frame) encode(b []byte, seed, off uint32) {
	binary.LittleEndian.PutUint32(b[4:], f.Bytes)
	binary.LittleEndian.PutUint64(b[8:], f.Number)
	binary.LittleEndian.PutUint32(b[16:], f.Low)
	binary.LittleEndian.PutUint32(b[20:], f.Records)
	clear(b[24:frameBytes])
	binary.LittleEndian.PutUint32(b, frameSum(b, seed, off))
}

func decodeFrame(b []byte, seed, off uint32) (f Frame, ok bool) {
	if binary.LittleEndian.Uint32(b) != frameSum(b, seed, off) {
		return f, false
	}
	return Frame{Bytes: binary.LittleEndian.Uint32(b[4:]), Number: binary.LittleEndian.Uint64(b[8:]), Low: binary.LittleEndian.Uint32(b[16:]), Records: binary.LittleEndian.Uint32(b[20:])}, true
}

func frameSum(b []byte, seed, off uint32) uint32 {
	return crc32.Update(seed^^off, castagnoli, b[4:frameBytes])
}

// Span is the room that a frame takes with n bytes of records.
func Span(n int) int64 { return (frameBytes + int64(n) + Sector - 1) / Sector * Sector }

// What a head begins with, whose checksum covers the rest of the head, and so the
// payload through its own checksum, which the chain needs as well.
const (
	atSum   = 4
	atBytes = 8
	atGroup = 12
	atKind  = 16
	atChain = 20
)

// seal fills in the head of a record that stands at off.
func seal(b []byte, seed, off, group uint32, kind byte, chain uint64, payload uint32) {
	binary.LittleEndian.PutUint32(b[atSum:], payload)
	binary.LittleEndian.PutUint32(b[atBytes:], uint32(len(b)-RecordBytes))
	binary.LittleEndian.PutUint32(b[atGroup:], group)
	b[atKind], b[atKind+1], b[atKind+2], b[atKind+3] = kind, 0, 0, 0
	binary.LittleEndian.PutUint64(b[atChain:], chain)
	binary.LittleEndian.PutUint32(b, recordSum(b, seed, off))
}

func recordSum(b []byte, seed, off uint32) uint32 {
	return crc32.Update(seed^off, castagnoli, b[atSum:RecordBytes])
}

// Sound reports whether b is the record that was written at off of a segment with the
// seed, and whose it is.
func Sound(b []byte, seed, off uint32) (group uint32, ok bool) {
	if len(b) < RecordBytes || int(binary.LittleEndian.Uint32(b[atBytes:])) != len(b)-RecordBytes {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b[atGroup:]), binary.LittleEndian.Uint32(b) == recordSum(b, seed, off) &&
		binary.LittleEndian.Uint32(b[atSum:]) == crc32.Checksum(b[RecordBytes:], castagnoli)
}

// Link continues a group's chain over one record: a mix after Steele, Lea and Flood
// (SplitMix64), in which every bit of what came before counts.
func Link(chain uint64, kind byte, payload uint32, bytes int) uint64 {
	x := chain*0x9e3779b97f4a7c15 + (uint64(payload)<<32 | uint64(uint32(bytes))) + uint64(kind)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// EntrySize returns the size of an entry as a record.
func EntrySize(log *raft.Log) int {
	return RecordBytes + entryBytes + len(log.Extensions) + len(log.Data)
}

func appendEntry(b []byte, log *raft.Log) []byte {
	b = binary.LittleEndian.AppendUint64(b, log.Index)
	b = binary.LittleEndian.AppendUint64(b, log.Term)
	at := int64(0)
	if !log.AppendedAt.IsZero() {
		at = log.AppendedAt.UnixNano()
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(at))
	b = append(b, byte(log.Type))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(log.Extensions)))
	b = append(b, log.Extensions...)
	return append(b, log.Data...)
}

// DecodeEntry fills log, whose bytes are then parts of payload.
func DecodeEntry(payload []byte, log *raft.Log) bool {
	if len(payload) < entryBytes {
		return false
	}
	ext := entryBytes + int(binary.LittleEndian.Uint16(payload[25:]))
	if len(payload) < ext {
		return false
	}
	*log = raft.Log{Index: binary.LittleEndian.Uint64(payload), Term: binary.LittleEndian.Uint64(payload[8:]), Type: raft.LogType(payload[24])}
	if at := int64(binary.LittleEndian.Uint64(payload[16:])); at != 0 {
		log.AppendedAt = time.Unix(0, at)
	}
	if ext > entryBytes {
		log.Extensions = payload[entryBytes:ext:ext]
	}
	if len(payload) > ext {
		log.Data = payload[ext:len(payload):len(payload)]
	}
	return true
}

// Value is a named value. Its key has at most 255 bytes.
type Value struct {
	Key   string
	Bytes []byte
}

func appendValues(b []byte, values []Value) []byte {
	for _, v := range values {
		b = append(b, byte(len(v.Key)))
		b = append(b, v.Key...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(v.Bytes)))
		b = append(b, v.Bytes...)
	}
	return b
}

// ValuesSize returns the size of values as a record.
func ValuesSize(values []Value) int {
	n := RecordBytes
	for _, v := range values {
		n += valueBytes + len(v.Key) + len(v.Bytes)
	}
	return n
}

// DecodeValues reads the values of a record; ok is false when they are none.
func DecodeValues(b []byte) (values []Value, ok bool) {
	for len(b) > 0 {
		k := 1 + int(b[0])
		if len(b) < k+4 {
			return nil, false
		}
		n := uint64(k+4) + uint64(binary.LittleEndian.Uint32(b[k:]))
		if uint64(len(b)) < n {
			return nil, false
		}
		values = append(values, Value{string(b[1:k]), append([]byte{}, b[k+4:n]...)})
		b = b[n:]
	}
	return values, true
}

// DecodeDelete reads a deletion; ok is false when it is none.
func DecodeDelete(payload []byte) (low, high uint64, ok bool) {
	if len(payload) != DeleteBytes {
		return 0, 0, false
	}
	return binary.LittleEndian.Uint64(payload), binary.LittleEndian.Uint64(payload[8:]), true
}

// EntryIndex reads the index of an entry; ok is false when it is none.
func EntryIndex(payload []byte) (i uint64, ok bool) {
	if len(payload) < entryBytes {
		return 0, false
	}
	return binary.LittleEndian.Uint64(payload), true
}
