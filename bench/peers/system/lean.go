package system

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
)

// answerMax bounds an answer; a batch's is the longest.
const answerMax = 4 << 20

// leanConn speaks just enough HTTP/1.1 for a load, one request at a time. A general
// client costs more than the server that it asks, on the same two cores; what such a
// client does is in a row of its own.
type leanConn struct {
	addresses []string // in order of preference
	at        int
	conn      net.Conn
	in        *bufio.Reader
	request   []byte // room for the next request
	body      []byte // the last answer's
}

// do sends c.request and returns the status of the answer. After an error the next
// call dials anew, the next address.
func (c *leanConn) do(ctx context.Context) (int, error) {
	status, err := c.try(ctx)
	if err != nil && c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
		c.at++
	}
	return status, err
}

func (c *leanConn) try(ctx context.Context) (int, error) {
	if c.conn == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.addresses[c.at%len(c.addresses)])
		if err != nil {
			c.at++
			return 0, err
		}
		c.conn, c.in = conn, bufio.NewReaderSize(conn, 8<<10)
	}
	deadline, _ := ctx.Deadline() // the zero time is no deadline
	if err := c.conn.SetDeadline(deadline); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return 0, err
	}
	return c.answer()
}

// answer reads one answer into c.body.
func (c *leanConn) answer() (int, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, fmt.Errorf("status line %q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, err
	}
	length, err := c.headers()
	if err != nil {
		return 0, err
	}
	if length >= 0 {
		c.body = slices.Grow(c.body[:0], length)[:length]
		_, err = io.ReadFull(c.in, c.body)
		return status, err
	}
	return status, c.chunks()
}

// headers reads up to the body and returns its length, -1 when it comes in chunks.
func (c *leanConn) headers() (length int, err error) {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= len("\r\n") {
			return length, nil
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, err = strconv.Atoi(string(bytes.TrimSpace(value)))
			if err != nil || length < 0 || length > answerMax {
				return 0, fmt.Errorf("content length %q: %w", value, err)
			}
		}
		if bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked")) {
			length = -1
		}
	}
}

// chunks reads a body of no announced length.
func (c *leanConn) chunks() error {
	c.body = c.body[:0]
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil || len(c.body)+int(n) > answerMax {
			return fmt.Errorf("chunk of %q: %w", line, err)
		}
		at := len(c.body)
		c.body = slices.Grow(c.body, int(n)+2)[:at+int(n)+2] // and the line's end
		if _, err = io.ReadFull(c.in, c.body[at:]); err != nil {
			return err
		}
		c.body = c.body[:at+int(n)]
		if n == 0 {
			return nil
		}
	}
}

func (c *leanConn) close() {
	if c.conn != nil {
		_ = c.conn.Close() // its answers are read
	}
}
