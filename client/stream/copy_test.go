package stream_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/client/stream"
	"roster/internal/bubble"
)

// TestCopyEndsWithSilence: slow is well, silent is not, and what ends in the middle is an
// error.
func TestCopyEndsWithSilence(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		go func() {
			for range 10 {
				<-time.After(50 * time.Second)
				_, _ = io.WriteString(w, "x")
			}
			_ = w.Close()
		}()
		var got strings.Builder
		if err := stream.Copy(&got, r, time.Minute); err != nil || got.String() != "xxxxxxxxxx" {
			t.Errorf("slow: %q, %v", got.String(), err)
		}
		r, w = io.Pipe()
		defer w.Close()
		start := time.Now()
		if err := stream.Copy(io.Discard, r, time.Minute); roster.CodeOf(err) != roster.CodeUnavailable || time.Since(start) != time.Minute {
			t.Errorf("silent: %v after %v", err, time.Since(start))
		}
		r, w = io.Pipe()
		_ = w.CloseWithError(io.ErrUnexpectedEOF)
		if err := stream.Copy(io.Discard, r, time.Minute); roster.CodeOf(err) != roster.CodeUnavailable {
			t.Errorf("broken off: %v", err)
		}
	})
}
