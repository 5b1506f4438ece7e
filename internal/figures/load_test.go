package figures_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"testing"
	"time"
)

// How many keep-alive connections the load over HTTP uses, each with one request under
// way.
const (
	readConnections  = 64
	writeConnections = 256
	batchConnections = 64
)

// rawConn speaks just enough HTTP/1.1 for a load: it writes requests that were made
// before and reads answers that have a length.
type rawConn struct {
	conn    net.Conn
	in      *bufio.Reader
	request []byte // room for the next request
	body    []byte // the last answer's
	took    []time.Duration
}

func dialRaw(b *testing.B, address string) *rawConn {
	b.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return &rawConn{conn: conn, in: bufio.NewReaderSize(conn, 16<<10)}
}

// do sends one request and returns the status of the answer.
func (c *rawConn) do(request []byte) (int, error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil || len(line) < len("HTTP/1.1 200") {
		return 0, fmt.Errorf("status line %q: %w", line, err)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, err
	}
	length, err := c.headers()
	if err != nil {
		return 0, err
	}
	c.body = slices.Grow(c.body[:0], length)[:length]
	_, err = io.ReadFull(c.in, c.body)
	return status, err
}

// headers reads up to the body and returns its length.
func (c *rawConn) headers() (length int, err error) {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= len("\r\n") {
			return length, nil
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		}
	}
}

// load sends b.N requests over so many connections and reports what that took. request
// appends the i-th request to what it is given; want is the status of every answer.
func load(b *testing.B, connections int, addresses []string, want int, request func(to []byte, i int) []byte) {
	b.Helper()
	pool := make([]*rawConn, connections)
	for i := range pool {
		pool[i] = dialRaw(b, addresses[i%len(addresses)])
		pool[i].took = make([]time.Duration, 0, b.N/connections+b.N/8+16)
	}
	began := cpuTime()
	b.ResetTimer()
	spread(b, connections, b.N, func(worker, i int) error {
		c := pool[worker]
		c.request = request(c.request[:0], i)
		start := time.Now()
		status, err := c.do(c.request)
		c.took = append(c.took, time.Since(start))
		if err == nil && status != want {
			err = fmt.Errorf("answer %d: %s", status, c.body)
		}
		return err
	})
	b.StopTimer()
	report(b, cpuTime()-began, pool)
}

// report turns a load into metrics.
func report(b *testing.B, cpu time.Duration, pool []*rawConn) {
	var took []time.Duration
	for _, c := range pool {
		took = append(took, c.took...)
	}
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(milliseconds(percentile(took, 50)), "p50-ms")
	b.ReportMetric(milliseconds(percentile(took, 99)), "p99-ms")
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "cpu-us/op")
	b.ReportMetric(cpu.Seconds()/b.Elapsed().Seconds(), "cores")
}

// percentile returns the value that p of 100 do not exceed; sorted must not be empty.
func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
