package inside

import (
	"bytes"
	"context"
	"encoding/json"
	"runtime/pprof"
	"slices"
	"strconv"
	"time"

	"roster"
)

// Bounds of a CPU profile. The server gives an answer 30 s.
const (
	SecondsDefault = 5
	SecondsMax     = 20
)

// profiles are those that the runtime keeps, for go tool pprof.
var profiles = []string{"allocs", "block", "goroutine", "heap", "mutex", "threadcreate"}

// Parts names what there is to see.
func Parts() []string { return slices.Concat([]string{"cpu", "settings", "stacks"}, profiles) }

// Part is one thing to see, with its content type.
type Part struct {
	Type string
	Body []byte
}

// Look returns a part. A CPU profile takes as many seconds, "" for SecondsDefault, or until
// ctx ends, and there is one at a time: Conflict. NotFound for a part that there is not.
func Look(ctx context.Context, part, seconds string, settings map[string]string) (Part, error) {
	switch {
	case part == "cpu":
		return cpu(ctx, seconds)
	case part == "settings":
		body, err := json.Marshal(settings)
		return Part{"application/json", body}, err
	case part == "stacks":
		return profile("goroutine", 2, "text/plain; charset=utf-8")
	case slices.Contains(profiles, part):
		return profile(part, 0, "application/octet-stream")
	}
	return Part{}, roster.Errorf(roster.CodeNotFound, "there is no such part: want one of %q", Parts())
}

func profile(name string, detail int, media string) (Part, error) {
	var b bytes.Buffer
	err := pprof.Lookup(name).WriteTo(&b, detail)
	return Part{media, b.Bytes()}, err
}

func cpu(ctx context.Context, seconds string) (Part, error) {
	n := SecondsDefault
	if seconds != "" {
		var err error
		if n, err = strconv.Atoi(seconds); err != nil || n < 1 || n > SecondsMax {
			return Part{}, roster.Invalid("seconds", "want a whole number from 1 to %d", SecondsMax)
		}
	}
	var b bytes.Buffer
	if err := pprof.StartCPUProfile(&b); err != nil {
		return Part{}, roster.Errorf(roster.CodeConflict, "somebody else is taking a CPU profile of this process: try again when that has ended")
	}
	timer := time.NewTimer(time.Duration(n) * time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	pprof.StopCPUProfile()
	return Part{"application/octet-stream", b.Bytes()}, ctx.Err()
}
