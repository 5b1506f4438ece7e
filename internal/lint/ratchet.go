package lint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Ratchet is the list of known offenders: the size that each may have, by rule and
// place. It can only shrink.
type Ratchet map[string]int

// ParseRatchet reads lines of "rule size place"; "#" begins a comment line.
func ParseRatchet(text string) (Ratchet, error) {
	r := Ratchet{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		part := strings.SplitN(line, " ", 3)
		if len(part) != 3 {
			return nil, fmt.Errorf("ratchet: %q: want rule, size and place", line)
		}
		size, err := strconv.Atoi(part[1])
		if err != nil || size < 1 {
			return nil, fmt.Errorf("ratchet: %q: want a size above 0", line)
		}
		r[part[0]+" "+part[2]] = size
	}
	return r, nil
}

// Apply splits findings into those that the ratchet does not cover, and stale: what
// is wrong with the ratchet itself because its offenders shrank or went.
func (r Ratchet) Apply(findings []Finding) (open []Finding, stale []string) {
	size := sizes(findings)
	for _, f := range findings {
		if size[f.key()] > r[f.key()] {
			open = append(open, f)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r)) {
		if size[key] < r[key] {
			stale = append(stale, fmt.Sprintf("%s: ratchet says %d, source says %d", key, r[key], size[key]))
		}
	}
	return open, stale
}

// Shrink returns the ratchet lowered to findings: offenders that went are gone, none
// is added and none grows.
func (r Ratchet) Shrink(findings []Finding) Ratchet {
	size := sizes(findings)
	out := Ratchet{}
	for key, allowed := range r {
		if n := min(allowed, size[key]); n > 0 {
			out[key] = n
		}
	}
	return out
}

// String returns the lines that ParseRatchet reads, in order.
func (r Ratchet) String() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(r)) {
		rule, place, _ := strings.Cut(key, " ")
		fmt.Fprintf(&b, "%s %d %s\n", rule, r[key], place)
	}
	return b.String()
}

func (f Finding) key() string { return f.Rule + " " + f.Where }

func sizes(findings []Finding) map[string]int {
	size := map[string]int{}
	for _, f := range findings {
		size[f.key()] += f.Size
	}
	return size
}
