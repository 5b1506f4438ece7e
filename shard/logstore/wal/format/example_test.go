package format_test

import (
	"bytes"
	"fmt"

	"github.com/hashicorp/raft"

	"roster/shard/logstore/wal/format"
)

func Example() {
	header := format.Header{Log: 1, Seq: 1, First: 1}
	seed, chain := format.Seed(1, 1), uint64(0)
	w := format.NewWriter(format.Frame{Number: 1}, seed, 0, 100, &header)
	w.Entry(7, &chain, &raft.Log{Index: 1, Term: 1, Data: []byte("register")})
	w.Finish()

	r := format.NewReader(bytes.NewReader(w.Buf), int64(len(w.Buf)), seed)
	_, records, ok, err := r.Frame(format.Sector, 1)
	var entry raft.Log
	fmt.Println(ok, err, records[0].Group, format.DecodeEntry(records[0].Payload, &entry), string(entry.Data))
	// Output: true <nil> 7 true register
}
