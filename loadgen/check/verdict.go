package check

import (
	"fmt"
	"sync"
)

// samplesMax bounds how many violations are kept in words.
const samplesMax = 5

// Verdict is what one checker found.
type Verdict struct {
	Name       string   `json:"name"`
	Checked    uint64   `json:"checked"` // answers, writes or events that were held against the promise
	Violations uint64   `json:"violations"`
	Samples    []string `json:"samples,omitempty"` // the first few violations in words
	Note       string   `json:"note,omitempty"`
}

// notes gathers a verdict. It may be used by many at the same time.
type notes struct {
	mu struct {
		sync.Mutex
		verdict Verdict
		late    int // sessions that were renewed too late
	}
}

// checked counts n things that were looked at.
func (n *notes) checked(count uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.verdict.Checked += count
}

// violated keeps a violation.
func (n *notes) violated(format string, values ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.verdict.Violations++
	if len(n.mu.verdict.Samples) < samplesMax {
		n.mu.verdict.Samples = append(n.mu.verdict.Samples, fmt.Sprintf(format, values...))
	}
}

// noted sets the remark of the verdict.
func (n *notes) noted(format string, values ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.verdict.Note = fmt.Sprintf(format, values...)
}

// verdict returns what was found so far under a name.
func (n *notes) verdict(name string) Verdict {
	n.mu.Lock()
	defer n.mu.Unlock()
	v := n.mu.verdict
	v.Name = name
	return v
}
