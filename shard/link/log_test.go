package link

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"roster/internal/bubble"
)

func TestRaftLog(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := NewLog(slog.New(slog.NewTextHandler(&out, nil)), time.Now)
		named := l.Named("link").With("peer", "n2")
		for range 5 {
			named.Error("failed to heartbeat", "error", errors.New("gone"), "servers", hclog.Fmt("%d of %d", 1, 3), "odd")
		}
		l.Info("chatter")
		l.Error("chatter of a stream that this node closed", "error", fmt.Errorf("read: %w", net.ErrClosed))
		text := out.String()
		if n := strings.Count(text, "failed to heartbeat"); n != 1 {
			t.Errorf("%d lines of 5 repeats:\n%s", n, text)
		}
		for _, want := range []string{"level=ERROR", "component=raft.link", "peer=n2", "error=gone", `servers="1 of 3"`, "EXTRA_VALUE_AT_END=odd"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s in %s", want, text)
			}
		}
		if strings.Contains(text, "chatter") || l.IsInfo() || !l.IsWarn() {
			t.Error("Raft's info is not below info")
		}
		<-time.After(repeatAfter)
		named.Error("failed to heartbeat")
		if n := strings.Count(out.String(), "failed to heartbeat"); n != 2 {
			t.Errorf("%d lines after %v", n, repeatAfter)
		}
	})
}
