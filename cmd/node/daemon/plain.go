package daemon

import (
	"bytes"
	"fmt"
	"net"
	"sync"

	"roster"
	"roster/httpapi/wire"
)

// httpsListener lends a listener for HTTPS an answer for callers who speak HTTP without TLS:
// net/http has one line of text for some methods, and hangs up on the others.
type httpsListener struct{ net.Listener }

// Accept implements net.Listener.
func (l httpsListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &httpsConn{Conn: c}, nil
}

// httpsConn answers once, in the place of whatever would be written, where the first bytes
// are those of a request.
type httpsConn struct {
	net.Conn
	mu struct {
		sync.Mutex
		begun, plain, answered bool
	}
}

// Read implements net.Conn.
func (c *httpsConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.mu.begun && n > 0 {
		c.mu.begun, c.mu.plain = true, isRequest(b[:n])
	}
	return n, err
}

// isRequest reports whether bytes begin as a request of HTTP/1 or HTTP/2 does; a handshake of TLS
// begins with a byte of 22.
func isRequest(b []byte) bool {
	for _, method := range [...]string{"GET ", "HEAD ", "POST ", "PUT ", "PATCH ", "DELETE ", "OPTIONS ", "PRI "} {
		if bytes.HasPrefix(b, []byte(method)) {
			return true
		}
	}
	return false
}

// Write implements net.Conn.
func (c *httpsConn) Write(b []byte) (int, error) {
	if !c.isPlain() {
		return c.Conn.Write(b)
	}
	return len(b), c.answer()
}

// Close implements net.Conn.
func (c *httpsConn) Close() error {
	if c.isPlain() {
		_ = c.answer() // who does not read it is closed upon all the same
	}
	return c.Conn.Close()
}

func (c *httpsConn) isPlain() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.plain
}

// answer tells the caller what is wrong, once. The deadline is that of the handshake.
func (c *httpsConn) answer() error {
	c.mu.Lock()
	again := c.mu.answered
	c.mu.answered = true
	c.mu.Unlock()
	if again {
		return nil
	}
	body := wire.ProblemOf(roster.Invalid("", "this port speaks HTTPS, and the request came without TLS: use https://")).Marshal()
	_, err := fmt.Fprintf(c.Conn, "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(body), body)
	return err
}
