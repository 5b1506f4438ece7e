package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// repeatAfter is how long the same message stays silent after it was logged: Raft
// repeats some several times a second while a peer is away.
const repeatAfter = 5 * time.Second

// raftLog lets Raft write to a slog.Logger. Raft's own names of attributes stay.
type raftLog struct {
	to    *slog.Logger
	name  string
	args  []interface{}
	heard *repeats
}

var _ hclog.Logger = (*raftLog)(nil)

// NewLog returns a logger for Raft that writes to a slog.Logger. Warnings and errors
// are not repeated for five seconds; info becomes debug.
func NewLog(to *slog.Logger, now func() time.Time) hclog.Logger {
	r := &repeats{now: now}
	r.mu.last = map[string]time.Time{}
	return &raftLog{to: to, name: "raft", heard: r}
}

// repeats remembers when each message was last logged. Messages are constants of
// Raft's code, so there are few.
type repeats struct {
	now func() time.Time
	mu  struct {
		sync.Mutex
		last map[string]time.Time
	}
}

func (r *repeats) fresh(msg string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if last, ok := r.mu.last[msg]; ok && now.Sub(last) < repeatAfter {
		return false
	}
	r.mu.last[msg] = now
	return true
}

// level lowers Raft's debug and info, which tell of every heartbeat, by one step.
func level(l hclog.Level) slog.Level {
	switch l {
	case hclog.Error:
		return slog.LevelError
	case hclog.Warn:
		return slog.LevelWarn
	case hclog.Info:
		return slog.LevelDebug
	}
	return slog.LevelDebug - 4
}

func (l *raftLog) Log(at hclog.Level, msg string, args ...interface{}) {
	if !l.enabled(at) {
		return
	}
	attrs := l.attrs(args)
	if ownClose(attrs) {
		at = hclog.Debug
	}
	if !l.enabled(at) || (at >= hclog.Warn && !l.heard.fresh(msg)) {
		return
	}
	l.to.LogAttrs(context.Background(), level(at), msg, attrs...)
}

// ownClose reports whether an error only says that this side has closed the
// connection: so end all of Raft's streams when a node stops, and nobody need look.
func ownClose(attrs []slog.Attr) bool {
	return slices.ContainsFunc(attrs, func(a slog.Attr) bool {
		err, ok := a.Value.Any().(error)
		return ok && errors.Is(err, net.ErrClosed)
	})
}

func (l *raftLog) attrs(args []interface{}) []slog.Attr {
	out := []slog.Attr{slog.String("component", l.name)}
	for _, list := range [][]interface{}{l.args, args} {
		for i := 0; i+1 < len(list); i += 2 {
			value := list[i+1]
			if f, ok := value.(hclog.Format); ok && len(f) > 0 {
				value = fmt.Sprintf(fmt.Sprint(f[0]), f[1:]...)
			}
			out = append(out, slog.Any(fmt.Sprint(list[i]), value))
		}
		if len(list)%2 == 1 {
			out = append(out, slog.Any(hclog.MissingKey, list[len(list)-1]))
		}
	}
	return out
}

func (l *raftLog) Trace(msg string, args ...interface{}) { l.Log(hclog.Trace, msg, args...) }
func (l *raftLog) Debug(msg string, args ...interface{}) { l.Log(hclog.Debug, msg, args...) }
func (l *raftLog) Info(msg string, args ...interface{})  { l.Log(hclog.Info, msg, args...) }
func (l *raftLog) Warn(msg string, args ...interface{})  { l.Log(hclog.Warn, msg, args...) }
func (l *raftLog) Error(msg string, args ...interface{}) { l.Log(hclog.Error, msg, args...) }

func (l *raftLog) enabled(at hclog.Level) bool {
	return l.to.Enabled(context.Background(), level(at))
}

func (l *raftLog) IsTrace() bool { return l.enabled(hclog.Trace) }
func (l *raftLog) IsDebug() bool { return l.enabled(hclog.Debug) }
func (l *raftLog) IsInfo() bool  { return l.enabled(hclog.Info) }
func (l *raftLog) IsWarn() bool  { return l.enabled(hclog.Warn) }
func (l *raftLog) IsError() bool { return l.enabled(hclog.Error) }

func (l *raftLog) ImpliedArgs() []interface{} { return l.args }
func (l *raftLog) Name() string               { return l.name }

func (l *raftLog) With(args ...interface{}) hclog.Logger {
	out := *l
	out.args = append(append([]interface{}{}, l.args...), args...)
	return &out
}

func (l *raftLog) Named(name string) hclog.Logger { return l.ResetNamed(l.name + "." + name) }

func (l *raftLog) ResetNamed(name string) hclog.Logger {
	out := *l
	out.name = name
	return &out
}

// SetLevel does nothing: the slog.Logger decides.
func (l *raftLog) SetLevel(hclog.Level)  {}
func (l *raftLog) GetLevel() hclog.Level { return hclog.NoLevel }
func (l *raftLog) StandardLogger(*hclog.StandardLoggerOptions) *log.Logger {
	return slog.NewLogLogger(l.to.Handler(), slog.LevelDebug)
}

func (l *raftLog) StandardWriter(o *hclog.StandardLoggerOptions) io.Writer {
	return l.StandardLogger(o).Writer()
}
