package inside

import (
	"bytes"
	"runtime/pprof"
	"testing"

	"roster"
)

// TestOneCPUProfileAtATime: a second one is refused, and the first goes on.
func TestOneCPUProfileAtATime(t *testing.T) {
	var b bytes.Buffer
	if err := pprof.StartCPUProfile(&b); err != nil {
		t.Skip("this test is being profiled itself:", err)
	}
	_, err := Look(t.Context(), "cpu", "1", nil)
	pprof.StopCPUProfile()
	if roster.CodeOf(err) != roster.CodeConflict {
		t.Errorf("beside another: %v, want a conflict", err)
	}
	if b.Len() == 0 {
		t.Error("the first one was ended")
	}
	for _, part := range Parts() {
		if part == "cpu" {
			continue
		}
		if seen, err := Look(t.Context(), part, "", map[string]string{"name": "a"}); err != nil || len(seen.Body) == 0 || seen.Type == "" {
			t.Errorf("%s: %d bytes of %q, %v", part, len(seen.Body), seen.Type, err)
		}
	}
}
