package transport

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"roster"
)

// faultVersion is the first byte of an encoded error.
const faultVersion = 1

// faultTextMax bounds each text of an encoded error; longer ones are cut.
const faultTextMax = 4 << 10

// faultOf finds the *roster.Error to send for what a handler returned.
func faultOf(err error) *roster.Error {
	if e, ok := errors.AsType[*roster.Error](err); ok {
		return e
	}
	code := roster.CodeInternal
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		code = roster.CodeUnknown
	}
	return &roster.Error{Code: code, Detail: err.Error()}
}

// appendFault encodes e without its cause: version, four texts behind their
// lengths, five numbers.
func appendFault(b []byte, e *roster.Error) []byte {
	b = append(b, faultVersion)
	for _, s := range [...]string{string(e.Code), e.Detail, e.Field, string(e.Leader)} {
		if len(s) > faultTextMax {
			s = strings.ToValidUTF8(s[:faultTextMax], "")
		}
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	for _, n := range [...]uint64{clamp(e.Position), clamp(e.Status), uint64(e.Shard), uint64(e.Index), clamp(e.RetryAfter)} {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

// clamp makes a count of a signed number: none of them is ever below zero.
func clamp[N int | time.Duration](n N) uint64 { return uint64(max(n, 0)) }

// decodeFault reads what appendFault wrote; bytes of a later version may follow. A
// code that this build does not know becomes Internal.
func decodeFault(b []byte) *roster.Error {
	broken := roster.Errorf(roster.CodeUnknown, "the peer answered with an error that cannot be read")
	if len(b) == 0 || b[0] != faultVersion {
		return broken
	}
	b = b[1:]
	var texts [4]string
	for i := range texts {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > faultTextMax || n > uint64(len(b)-used) {
			return broken
		}
		texts[i] = string(b[used : used+int(n)])
		b = b[used+int(n):]
	}
	var numbers [5]uint64
	for i := range numbers {
		n, used := binary.Uvarint(b)
		if used <= 0 {
			return broken
		}
		numbers[i], b = n, b[used:]
	}
	e := &roster.Error{
		Code: roster.Code(texts[0]), Detail: texts[1], Field: texts[2], Leader: roster.NodeID(texts[3]),
		Position: int(numbers[0] & 0x7fffffff), Status: int(numbers[1] & 0xffff),
		Shard: roster.ShardID(numbers[2]), Index: roster.Index(numbers[3]), RetryAfter: time.Duration(numbers[4] &^ (1 << 63)),
	}
	if !e.Code.Known() {
		e.Detail = string(e.Code) + ": " + e.Detail
		e.Code = roster.CodeInternal
	}
	return e
}
