package roster

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// Token is a read-your-writes token: opaque, but a Position inside.
type Token string

// Cursor is where a page or a watch goes on: opaque, but a Position inside.
type Cursor string

// Position is what a token or cursor holds. Encoded, it is base64url of a version
// byte, unsigned varints and a CRC-32C, so that an altered one is Invalid.
type Position struct {
	Ring  uint64       // version of the cluster map
	Query uint64       // hash of the query a cursor belongs to; 0 in tokens
	At    []ShardIndex // sorted by shard; unique
	Event uint64       // watch: events of index At+1 of shard Half that were already sent
	Half  ShardID      // watch: the shard that Event counts in
	After AgentID      // list: the last id sent
	Score uint64       // list with text: the last score sent
	Seen  bool         // list: After and Score are set
}

// ShardIndex is a shard and an index in it.
type ShardIndex struct {
	Shard ShardID
	Index Index
}

const positionVersion = 1

// positionRoom holds the token of one shard without growing.
const positionRoom = 64

var positionTable = crc32.MakeTable(crc32.Castagnoli)

// Encode returns the opaque form.
func (p Position) Encode() string {
	b := append(make([]byte, 0, positionRoom), positionVersion)
	b = binary.AppendUvarint(b, p.Ring)
	b = binary.AppendUvarint(b, p.Query)
	b = binary.AppendUvarint(b, uint64(len(p.At)))
	for _, at := range p.At {
		b = binary.AppendUvarint(b, uint64(at.Shard))
		b = binary.AppendUvarint(b, uint64(at.Index))
	}
	b = binary.AppendUvarint(b, p.Event)
	b = binary.AppendUvarint(b, uint64(p.Half))
	if p.Seen {
		b = binary.AppendUvarint(b, p.Score)
		b = append(b, p.After...)
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, positionTable))
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParsePosition reads an opaque token or cursor; "" is the zero Position.
func ParsePosition(s string) (Position, error) {
	if s == "" {
		return Position{}, nil
	}
	bad := Invalid("", "not a token or cursor of this API: pass on what an answer gave you, unchanged")
	if len(s) > TokenBytesMax {
		return Position{}, bad
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) < 5 || b[0] != positionVersion {
		return Position{}, bad
	}
	body, sum := b[:len(b)-4], binary.LittleEndian.Uint32(b[len(b)-4:])
	if crc32.Checksum(body, positionTable) != sum {
		return Position{}, bad
	}
	if p, ok := decodePosition(body[1:]); ok {
		return p, nil
	}
	return Position{}, bad
}

func decodePosition(b []byte) (p Position, ok bool) {
	ok = true
	next := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			ok = false
			return 0
		}
		b = b[n:]
		return v
	}
	p.Ring, p.Query = next(), next()
	count := next()
	if !ok || count > ShardsMax+1 {
		return Position{}, false
	}
	for range count {
		p.At = append(p.At, ShardIndex{ShardID(next()), Index(next())})
	}
	p.Event, p.Half = next(), ShardID(next())
	if ok && len(b) > 0 {
		p.Seen, p.Score = true, next()
		p.After = AgentID(b)
	}
	sorted := slices.IsSortedFunc(p.At, func(a, b ShardIndex) int { return int(int64(a.Shard) - int64(b.Shard)) })
	return p, ok && sorted
}

// Index returns what the position holds for a shard.
func (p Position) Index(shard ShardID) (Index, bool) {
	for _, at := range p.At {
		if at.Shard == shard {
			return at.Index, true
		}
	}
	return 0, false
}

// Advance returns p with at least index for shard.
func (p Position) Advance(shard ShardID, index Index) Position {
	at := slices.Clone(p.At)
	i, found := slices.BinarySearchFunc(at, shard, func(x ShardIndex, s ShardID) int { return int(int64(x.Shard) - int64(s)) })
	switch {
	case !found:
		at = slices.Insert(at, i, ShardIndex{shard, index})
	case at[i].Index < index:
		at[i].Index = index
	}
	p.At = at
	return p
}

// MergeTokens returns the token that has seen what a and b have seen.
func MergeTokens(a, b Token) (Token, error) {
	p, first := ParsePosition(string(a))
	q, second := ParsePosition(string(b))
	if err := cmp.Or(first, second); err != nil {
		return "", err
	}
	for _, at := range q.At {
		p = p.Advance(at.Shard, at.Index)
	}
	return Token(Position{Ring: max(p.Ring, q.Ring), At: p.At}.Encode()), nil
}
