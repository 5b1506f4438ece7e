package query

import (
	"encoding/binary"
	"hash/fnv"
	"strconv"
)

// hash condenses everything that decides Match and Score. What is hashed is already
// canonical: lists sorted and unique, the filter as its canonical text.
func (c *Compiled) selection() uint64 {
	h := fnv.New64a()
	write := func(parts ...string) {
		var length [binary.MaxVarintLen64]byte
		for _, s := range parts {
			h.Write(length[:binary.PutUvarint(length[:], uint64(len(s)))])
			h.Write([]byte(s))
		}
	}
	for _, list := range c.lists {
		write(string(list.field), strconv.Itoa(len(list.values)))
		write(list.values...)
	}
	write(string(FieldLabel), strconv.Itoa(len(c.labels)))
	for _, p := range c.labels {
		write(p.Key, p.Value)
	}
	write("critical", strconv.FormatBool(c.critical), "words", strconv.Itoa(len(c.words)))
	write(c.words...)
	if c.scope != nil { // it was not always there, and old cursors go on
		write("scope", strconv.Itoa(len(c.scope)))
		write(c.scope...)
	}
	if c.filter != nil {
		write("filter", c.filter.String())
	}
	// Zero stands for "no query" in tokens.
	return max(h.Sum64(), 1)
}
