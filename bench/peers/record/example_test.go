package record_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"roster"
	"roster/bench/peers/record"
)

// Every record has the same length, whatever its number and version.
func Example() {
	fmt.Println(record.ID(7), len(record.Make(7, 1)), len(record.Make(record.NumberMax, 1<<32-1)))
	// Output: bench/k000000007 256 256
}

// What the peers keep as bytes is an agent that Roster takes.
func TestRecordIsAnAgent(t *testing.T) {
	for _, number := range []int{0, 9, 10, 99_999, record.NumberMax} {
		var a roster.Agent
		if err := json.Unmarshal(record.Make(number, 42), &a); err != nil {
			t.Fatal(err)
		}
		if err := a.ID.Validate(); err != nil || string(a.ID) != record.ID(number) || metadata(a) != record.Mark(42) {
			t.Errorf("record %d: %+v, %v", number, a, err)
		}
	}
}

func TestVersionsDiffer(t *testing.T) {
	if string(record.Make(1, 1)) == string(record.Make(1, 2)) {
		t.Error("two versions are one record: a store could leave out the second write")
	}
}

// A record in a class is as long as the others, or rows would not compare.
func TestClassRecordLength(t *testing.T) {
	id := record.Class("bench/fo12", 123456)
	if n := len(record.MakeFor(id, 3, 1)); n != record.Bytes {
		t.Errorf("%d bytes, want %d", n, record.Bytes)
	}
}

func metadata(a roster.Agent) string {
	v, _ := a.Metadata.Get("v")
	return v
}
