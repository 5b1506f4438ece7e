package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// queueMax is how many lines wait to be written.
	queueMax = 1024
	// writeWithin is how long an act waits for its line.
	writeWithin = 2 * time.Second
	// deniedMax is how many refusals are written in one second; more are counted.
	deniedMax = 100
)

// Log is an audit log. A nil one keeps nothing and refuses nothing. Make one with Open.
type Log struct {
	file    *os.File
	log     *slog.Logger
	lines   chan order
	close   func() error // once
	skipped atomic.Uint64

	// What follows is the writer's.
	number uint64
	prev   string
	size   int64 // of the lines that are whole
	second time.Time
	denied int
}

// order is a line to write; written gets what came of it, nil where nobody waits.
type order struct {
	record  Record
	written chan error
}

// Open opens the log of a file, which is made, for its owner alone, if it is not there. A
// log that is there goes on where it ended. log hears of faults.
func Open(name string, log *slog.Logger) (*Log, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	l := &Log{file: file, log: log, lines: make(chan order, queueMax)}
	if err := l.resume(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- l.run(stop) }()
	l.close = sync.OnceValue(func() error {
		close(stop)
		return <-done
	})
	return l, nil
}

// resume finds the end of the log and begins a run of it.
func (l *Log) resume() error {
	end, err := Verify(l.file)
	if err != nil && !errors.Is(err, ErrTorn) {
		return fmt.Errorf("%s cannot go on: %w; keep it aside and begin another", l.file.Name(), err)
	}
	l.number, l.prev = uint64(end.Lines), end.Last
	if l.size, err = l.file.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	if end.Torn { // what a crash has cut off is a line of its own
		if _, err := l.file.Write([]byte{'\n'}); err != nil {
			return err
		}
		l.size++
		l.number++
	}
	return l.write(Record{Event: Opened, Torn: end.Torn}, true)
}

// Begin keeps that an act is about to begin. After an error it must not.
func (l *Log) Begin(r Record) error { return l.act(Begun, r) }

// End keeps how an act has ended. It is done whether that can be kept or not: the error
// is for the log of the node.
func (l *Log) End(r Record) error { return l.act(Ended, r) }

func (l *Log) act(e Event, r Record) error {
	if l == nil {
		return nil
	}
	r.Event = e
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	written := make(chan error, 1)
	select {
	case l.lines <- order{r, written}:
	case <-ctx.Done():
		return errLate
	}
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
		return errLate
	}
}

var errLate = errors.New("the audit log is not written in time")

// Denied keeps a refusal, or counts it.
func (l *Log) Denied(r Record) {
	if l == nil {
		return
	}
	r.Event = Denied
	select {
	case l.lines <- order{record: r}:
	default:
		l.skipped.Add(max(1, r.Count))
	}
}

// Close writes what waits and closes the file. Nothing is kept after that.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	return l.close()
}

// run writes until the log is closed.
func (l *Log) run(stop <-chan struct{}) error {
	for {
		select {
		case o := <-l.lines:
			l.carry(o)
		case <-stop:
			for {
				select {
				case o := <-l.lines:
					l.carry(o)
					continue
				default:
				}
				l.count()
				return errors.Join(l.file.Sync(), l.file.Close())
			}
		}
	}
}

// carry writes one line, and what was skipped before it.
func (l *Log) carry(o order) {
	now := time.Now()
	if o.written == nil && l.flooded(now) {
		l.skipped.Add(max(1, o.record.Count))
		return
	}
	l.count()
	err := l.write(o.record, o.written != nil)
	if err != nil {
		l.log.Error("the audit log cannot be written", "err", err)
	}
	if o.written != nil {
		o.written <- err
	} else if err != nil {
		l.skipped.Add(max(1, o.record.Count))
	}
}

// flooded reports whether this second has had its refusals.
func (l *Log) flooded(now time.Time) bool {
	if now.Sub(l.second) >= time.Second {
		l.second, l.denied = now, 0
	}
	l.denied++
	return l.denied > deniedMax
}

// count writes how many refusals were skipped, once they are over or an act comes.
func (l *Log) count() {
	n := l.skipped.Swap(0)
	if n == 0 {
		return
	}
	if l.write(Record{Event: Skipped, Count: n}, false) != nil {
		l.skipped.Add(n)
	}
}

// write appends a line. After a fault the file is cut back to its whole lines, so that the
// next one, if there is room again, goes on from there.
func (l *Log) write(r Record, sync bool) error {
	r.Number, r.Time, r.Prev = l.number+1, time.Now().UTC(), l.prev
	line, err := r.line()
	if err != nil {
		return err
	}
	if _, err = l.file.WriteAt(append(line, '\n'), l.size); err == nil && sync {
		err = l.file.Sync()
	}
	if err != nil {
		return errors.Join(err, l.file.Truncate(l.size))
	}
	l.number, l.prev, l.size = r.Number, hash(line), l.size+int64(len(line))+1
	return nil
}
