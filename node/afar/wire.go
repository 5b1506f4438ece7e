package afar

import (
	"encoding/json"
	"time"

	"roster"
	"roster/fleet"
	"roster/fsm"
	"roster/fsm/codec"
)

// question is what one node asks another; each method reads what it needs.
type question struct {
	Shard      roster.ShardID   `json:"shard"`
	Read       roster.Read      `json:"read,omitzero"`
	IDs        []roster.AgentID `json:"ids,omitempty"`
	Session    roster.SessionID `json:"session,omitempty"`
	Query      *roster.Query    `json:"query,omitempty"`
	Mark       fsm.Mark         `json:"mark,omitzero"`
	Limit      int              `json:"limit,omitempty"`
	After      roster.Index     `json:"after,omitempty"`
	Skip       int              `json:"skip,omitempty"` // events of the first index that were had
	Wait       time.Duration    `json:"wait,omitempty"`
	Sheet      uint64           `json:"sheet,omitempty"` // 0 opens one
	Fleet      fleet.ID         `json:"fleet,omitempty"` // this one; with Namespaces: those after it
	Namespaces string           `json:"namespaces,omitempty"`
	Offset     uint64           `json:"offset,omitempty"`
}

func (q question) encode() []byte {
	b, err := json.Marshal(q)
	if err != nil {
		return nil // no value of it cannot be written; the holder refuses nothing
	}
	return b
}

// answer is what comes back.
type answer struct {
	seen    Seen
	text    string // a plan, or JSON
	more    uint64 // what a question for more goes on with; 0: that was all
	records []*roster.Record
	events  []roster.Event
	session *roster.Session
	bytes   []byte
}

// answerVersion is the version of the form of an answer.
const answerVersion = 1

func (x *answer) encode() ([]byte, error) {
	w := codec.NewWriter(nil)
	w.Array(9)
	w.Uint(answerVersion)
	w.Uint(uint64(x.seen.Index))
	w.Int(int64(x.seen.Age))
	w.Text(x.text)
	w.Uint(x.more)
	w.Array(len(x.records))
	for _, r := range x.records {
		w.Record(r)
	}
	w.Array(len(x.events))
	for _, e := range x.events {
		writeEvent(w, e)
	}
	if x.session == nil {
		w.Nil()
	} else {
		w.Session(*x.session)
	}
	w.Text(string(x.bytes))
	return w.Finish()
}

func decode(b []byte) (*answer, error) {
	r := codec.NewReader(b)
	r.Array(9)
	if v := r.Uint(); r.Err() == nil && v != answerVersion {
		r.Fail("an answer of version %d: do all nodes run compatible versions?", v)
	}
	x := &answer{seen: Seen{Index: roster.Index(r.Uint()), Age: time.Duration(r.Int())}, text: r.Text(), more: r.Uint()}
	for n := r.List(); n > 0 && r.Err() == nil; n-- {
		x.records = append(x.records, r.Record())
	}
	for n := r.List(); n > 0 && r.Err() == nil; n-- {
		x.events = append(x.events, readEvent(r))
	}
	if !r.Nil() {
		s := r.Session()
		x.session = &s
	}
	x.bytes = []byte(r.Text())
	return x, r.Finish()
}

func writeEvent(w *codec.Writer, e roster.Event) {
	w.Array(7)
	w.Uint(uint64(e.Shard))
	w.Uint(uint64(e.Index))
	w.Text(string(e.Type))
	w.Record(e.Before)
	w.Record(e.After)
	w.Text(string(e.Node))
	w.Text(string(e.Session))
}

func readEvent(r *codec.Reader) roster.Event {
	r.Array(7)
	return roster.Event{Shard: roster.ShardID(r.Uint32()), Index: roster.Index(r.Uint()), Type: roster.EventType(r.Text()),
		Before: r.Record(), After: r.Record(), Node: roster.NodeID(r.Text()), Session: roster.SessionID(r.Text())}
}
