package cluster

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"roster"
)

// logBridge turns memberlist's lines into slog records, at most logLinesMax of them
// in logWindow.
type logBridge struct {
	logger  *slog.Logger
	suspect func(roster.NodeID)
	mu      struct {
		sync.Mutex
		until         time.Time
		lines, hidden int
	}
}

const (
	logWindow   = 10 * time.Second
	logLinesMax = 50
)

// logLevels are the marks that memberlist's lines begin with.
var logLevels = map[string]slog.Level{"DEBUG": slog.LevelDebug, "INFO": slog.LevelInfo, "WARN": slog.LevelWarn, "ERR": slog.LevelError, "ERROR": slog.LevelError}

// Write implements io.Writer for one line.
func (b *logBridge) Write(line []byte) (int, error) {
	level, text := parseLine(string(line))
	if id, failed := suspected(text); failed {
		b.suspect(id)
	}
	ctx := context.Background()
	if !b.logger.Enabled(ctx, level) {
		return len(line), nil
	}
	if hidden, show := b.allow(); show {
		b.logger.Log(ctx, level, text, "component", "memberlist", "hidden", hidden)
	}
	return len(line), nil
}

// parseLine takes "[WARN] memberlist: words" apart.
func parseLine(line string) (slog.Level, string) {
	line = strings.TrimSpace(line)
	level := slog.LevelInfo
	if rest, ok := strings.CutPrefix(line, "["); ok {
		if mark, words, ok := strings.Cut(rest, "]"); ok {
			if l, known := logLevels[mark]; known {
				level, line = l, strings.TrimSpace(words)
			}
		}
	}
	return level, strings.TrimPrefix(line, "memberlist: ")
}

// suspected finds the node in the one line that tells of a failed probe. memberlist
// has no event for it; a test holds the pinned version to this wording.
func suspected(text string) (roster.NodeID, bool) {
	rest, ok := strings.CutPrefix(text, "Suspect ")
	if !ok {
		return "", false
	}
	id, _, ok := strings.Cut(rest, " has failed, no acks received")
	return roster.NodeID(id), ok
}

// allow counts a line, and says how many were hidden before it.
func (b *logBridge) allow() (hidden int, show bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now(); now.After(b.mu.until) {
		b.mu.until, b.mu.lines = now.Add(logWindow), 0
	}
	if b.mu.lines >= logLinesMax {
		b.mu.hidden++
		return 0, false
	}
	b.mu.lines++
	hidden, b.mu.hidden = b.mu.hidden, 0
	return hidden, true
}
