package stream

import (
	"bufio"
	"bytes"
	"io"
	"iter"
	"slices"
	"time"

	"roster"
)

// LineMax bounds one line of an event stream: an agent and what JSON adds.
const LineMax = 6*roster.AgentBytesMax + 16<<10

// Message is one message of an event stream.
type Message struct {
	ID    string
	Event string
	Data  []byte
}

// Messages yields what an event stream carries until it ends or a line is too long.
// alive is called for every line, comments too.
func Messages(body io.Reader, alive func()) iter.Seq[Message] {
	return func(yield func(Message) bool) {
		lines := bufio.NewScanner(body)
		lines.Buffer(make([]byte, 0, 4<<10), LineMax)
		var m Message
		for lines.Scan() {
			alive()
			line := lines.Bytes()
			if len(line) > 0 {
				m.add(line)
				continue
			}
			// A message without data still moves the position, if it has an id.
			if (m.ID != "" || m.Data != nil) && !yield(m) {
				return
			}
			m = Message{}
		}
	}
}

// add takes one line of a message. Comments begin with a colon and so have no name.
func (m *Message) add(line []byte) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "id":
		m.ID = string(value)
	case "event":
		m.Event = string(value)
	case "data":
		if m.Data != nil {
			m.Data = append(m.Data, '\n')
		}
		m.Data = append(slices.Grow(m.Data, len(value)), value...)
	}
}

// StillMax is how long an archive may stand still on its way: a node reads a whole shard
// through before it sends it.
const StillMax = time.Minute

// Copy copies body to w until body ends, and closes it: also as soon as it has been silent
// for longer than silenceMax. The error is Unavailable: what came is not whole.
func Copy(w io.Writer, body io.ReadCloser, silenceMax time.Duration) error {
	defer body.Close()
	quiet := time.AfterFunc(silenceMax, func() { _ = body.Close() })
	defer quiet.Stop()
	if _, err := io.Copy(w, lively{body, func() { quiet.Reset(silenceMax) }}); err != nil {
		return &roster.Error{Code: roster.CodeUnavailable, Detail: "the answer did not arrive whole", Cause: err}
	}
	return nil
}

// lively tells of every sign of life.
type lively struct {
	io.Reader
	alive func()
}

func (l lively) Read(b []byte) (int, error) {
	n, err := l.Reader.Read(b)
	if n > 0 {
		l.alive()
	}
	return n, err
}
