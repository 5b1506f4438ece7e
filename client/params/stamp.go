package params

import (
	"net/http"
	"strconv"
	"time"

	"roster"
)

// StampOf reads what an answer says of itself.
func StampOf(h http.Header) roster.Stamp {
	number := func(name string) uint64 {
		n, _ := strconv.ParseUint(h.Get(name), 10, 64) // absent or odd: unknown, which is 0
		return n
	}
	return roster.Stamp{
		Shard: roster.ShardID(number("Roster-Shard")),
		Index: roster.Index(number("Roster-Index")),
		Age:   time.Duration(number("Roster-Age-Ms")) * time.Millisecond,
		Node:  roster.NodeID(h.Get("Roster-Node")),
		Token: roster.Token(h.Get("Roster-Token")),
	}
}
