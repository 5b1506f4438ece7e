package digest

import (
	"encoding/binary"
	"maps"
	"slices"

	"roster"
)

// MethodWindows asks a node for the windows of all its replicas. It has no body, and its
// answer is what Append wrote.
const MethodWindows uint8 = 9

// windowsMax bounds what one answer may hold of each shard.
const windowsMax = 4 * Kept

// Append adds the windows of shards to b:
//
//	answer: version u8  { shard uvarint  count uvarint  { last uvarint  sum u64 } } to the end
func Append(b []byte, windows map[roster.ShardID][]Window) []byte {
	b = append(b, Version)
	for _, id := range slices.Sorted(maps.Keys(windows)) {
		b = binary.AppendUvarint(b, uint64(id))
		b = binary.AppendUvarint(b, uint64(len(windows[id])))
		for _, w := range windows[id] {
			b = binary.AppendUvarint(b, w.Last)
			b = binary.LittleEndian.AppendUint64(b, w.Sum)
		}
	}
	return b
}

// Parse reads what Append wrote. Windows of another version are none; the error is
// Invalid for what is no answer.
func Parse(b []byte) (map[roster.ShardID][]Window, error) {
	if len(b) == 0 {
		return nil, errShort
	}
	windows := map[roster.ShardID][]Window{}
	if b[0] != Version {
		return windows, nil
	}
	in := reader{b: b[1:]}
	for len(in.b) > 0 && !in.bad {
		id, n := roster.ShardID(in.uvarint()), in.uvarint()
		if n > windowsMax {
			return nil, errShort
		}
		for range n {
			windows[id] = append(windows[id], Window{Last: in.uvarint(), Sum: in.fixed()})
		}
	}
	if in.bad {
		return nil, errShort
	}
	return windows, nil
}

var errShort = roster.Errorf(roster.CodeInvalid, "these are not the windows of replicas")

type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *reader) fixed() uint64 {
	if len(r.b) < 8 {
		r.bad, r.b = true, nil
		return 0
	}
	x := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return x
}
