package client

import (
	"bufio"
	"bytes"
	"io"
	"iter"
	"slices"

	"roster"
)

// messageLineMax bounds one line of an event stream: an agent and what JSON adds.
const messageLineMax = 6*roster.AgentBytesMax + 16<<10

// message is one message of an event stream.
type message struct {
	id    string
	event string
	data  []byte
}

// messages yields what an event stream carries until it ends or a line is too long.
// alive is called for every line, comments too.
func messages(body io.Reader, alive func()) iter.Seq[message] {
	return func(yield func(message) bool) {
		lines := bufio.NewScanner(body)
		lines.Buffer(make([]byte, 0, 4<<10), messageLineMax)
		var m message
		for lines.Scan() {
			alive()
			line := lines.Bytes()
			if len(line) > 0 {
				m.add(line)
				continue
			}
			// A message without data still moves the position, if it has an id.
			if (m.id != "" || m.data != nil) && !yield(m) {
				return
			}
			m = message{}
		}
	}
}

// add takes one line of a message. Comments begin with a colon and so have no name.
func (m *message) add(line []byte) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "id":
		m.id = string(value)
	case "event":
		m.event = string(value)
	case "data":
		if m.data != nil {
			m.data = append(m.data, '\n')
		}
		m.data = append(slices.Grow(m.data, len(value)), value...)
	}
}
