package httpapi

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/httpapi/sse"
	"roster/httpapi/wire"
)

// headOnly answers HEAD, for which a stream is its head.
func (c *call) headOnly() bool {
	if c.r.Method != http.MethodHead {
		return false
	}
	sse.Head(c.Header())
	c.WriteHeader(http.StatusOK)
	return true
}

// endStream ends a stream that stands with an error.
func (c *call) endStream(s *sse.Stream, err error) {
	problem := wire.ProblemOf(c.coded(err))
	_ = s.Send(append(append([]byte("event: error\ndata: "), problem.Marshal()...), "\n\n"...)) // the reader may be gone
}

// admit counts a stream in, or refuses it; leave counts it out.
func (c *call) admit(running *atomic.Int64, shown prometheus.Gauge, max int) (leave func(), err error) {
	if running.Add(1) > int64(max) {
		running.Add(-1)
		return nil, &roster.Error{Code: roster.CodeOverloaded, RetryAfter: time.Second, Detail: "this node serves as many streams as it may; ask another node"}
	}
	shown.Inc()
	return func() {
		running.Add(-1)
		shown.Dec()
	}, nil
}
