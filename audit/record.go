package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// Event says what a line tells.
type Event string

// The events. Opened begins a run of the node; Skipped stands for refusals that were not
// written one by one.
const (
	Opened  Event = "opened"
	Begun   Event = "begun"
	Ended   Event = "ended"
	Denied  Event = "denied"
	Skipped Event = "skipped"
)

// Record is one line. The log fills in Number, Time, Event and Prev.
type Record struct {
	Number    uint64    `json:"n"` // from 1, over all runs
	Time      time.Time `json:"time"`
	Event     Event     `json:"event"`
	Principal string    `json:"principal,omitempty"` // id of the token; "" for a stranger
	Remote    string    `json:"remote,omitempty"`
	Verb      string    `json:"verb,omitempty"`     // the right that was asked for
	Resource  string    `json:"resource,omitempty"` // method and path, at most ResourceMax bytes
	Status    int       `json:"status,omitempty"`   // of the answer
	Code      string    `json:"code,omitempty"`     // of the refusal
	Request   string    `json:"request,omitempty"`  // joins the two lines of an act
	Count     uint64    `json:"count,omitempty"`    // refusals that the line stands for, where not 1
	Torn      bool      `json:"torn,omitempty"`     // the line before was cut off by a crash
	Prev      string    `json:"prev"`               // SHA-256 of the line before, in hexadecimal
}

// ResourceMax bounds a resource, in bytes.
const ResourceMax = 256

// first is what the first line holds for the one before it.
const first = "0000000000000000000000000000000000000000000000000000000000000000"

// line returns the record as it is written, without the end of the line.
func (r Record) line() ([]byte, error) {
	r.Resource = strings.ToValidUTF8(r.Resource[:min(len(r.Resource), ResourceMax)], "")
	return json.Marshal(r)
}

// hash returns what the line behind holds of line.
func hash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}
