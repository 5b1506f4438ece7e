package system

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// lean is Roster's API, or what looks like it, over leanConns: one for each caller.
type lean struct{ conns []*leanConn }

// newLean returns a store whose callers' connections are spread over addresses.
func newLean(addresses []string, callers int) *lean {
	s := &lean{}
	for i := range max(1, callers) {
		s.conns = append(s.conns, &leanConn{addresses: addresses, at: i % len(addresses)})
	}
	return s
}

// Put implements Store: create or replace.
func (s *lean) Put(ctx context.Context, caller int, item Item) error {
	c := s.conns[caller]
	c.request = append(append(append(c.request[:0], "PUT /v1/agents/"...), item.ID...), requestHead...)
	c.request = withBody(c.request, len(item.Value))
	c.request = append(c.request, item.Value...)
	status, err := c.do(ctx)
	return answered(c, status, err, http.StatusOK, http.StatusCreated)
}

const requestHead = " HTTP/1.1\r\nHost: 127.0.0.1\r\n"

func withBody(request []byte, bytes int) []byte {
	request = append(request, "Content-Type: application/json\r\nContent-Length: "...)
	request = strconv.AppendInt(request, int64(bytes), 10)
	return append(request, "\r\n\r\n"...)
}

// answered is the error of an answer that is none of want.
func answered(c *leanConn, status int, err error, want ...int) error {
	if err != nil {
		return err
	}
	for _, ok := range want {
		if status == ok {
			return nil
		}
	}
	return fmt.Errorf("status %d: %.300s", status, c.body)
}

// batchBody is the body of a batch: records are agents as they stand.
func batchBody(to []byte, items []Item) []byte {
	to = append(to, `{"mode":"put","agents":[`...)
	for i, item := range items {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(to, item.Value...)
	}
	return append(to, `]}`...)
}

// refusedAny is the error of a batch's answer that refuses one of it.
func refusedAny(body []byte) error {
	if at := bytes.Index(body, []byte(`"refused"`)); at >= 0 {
		return fmt.Errorf("a batch was refused in part: %.300s", body[at:])
	}
	return nil
}

// PutBatch implements Store.
func (s *lean) PutBatch(ctx context.Context, caller int, items []Item) error {
	c := s.conns[caller]
	body := batchBody(make([]byte, 0, len(items)*(len(items[0].Value)+1)+32), items)
	c.request = append(append(c.request[:0], "POST /v1/agents:register"...), requestHead...)
	c.request = append(withBody(c.request, len(body)), body...)
	status, err := c.do(ctx)
	if err = answered(c, status, err, http.StatusOK); err != nil {
		return err
	}
	return refusedAny(c.body)
}

// Get implements Store.
func (s *lean) Get(ctx context.Context, caller int, id string, level Level) ([]byte, error) {
	c := s.conns[caller]
	c.request = append(append(c.request[:0], "GET /v1/agents/"...), id...)
	if level == Linearizable {
		c.request = append(c.request, "?read=linearizable"...)
	}
	c.request = append(append(c.request, requestHead...), "\r\n"...)
	status, err := c.do(ctx)
	if err = answered(c, status, err, http.StatusOK); err != nil {
		return nil, err
	}
	return c.body, nil
}

// Close implements Store.
func (s *lean) Close() {
	for _, c := range s.conns {
		c.close()
	}
}

// shared lets many callers wait for few connections.
type shared struct {
	*lean
	free chan int
}

func newShared(of *lean, n int) *shared {
	s := &shared{lean: of, free: make(chan int, n)}
	for i := range n {
		s.free <- i
	}
	return s
}

// take waits for a connection.
func (s *shared) take(ctx context.Context) (int, error) {
	select {
	case i := <-s.free:
		return i, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// Put implements Store.
func (s *shared) Put(ctx context.Context, _ int, item Item) error {
	i, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer func() { s.free <- i }()
	return s.lean.Put(ctx, i, item)
}

// PutBatch implements Store.
func (s *shared) PutBatch(ctx context.Context, _ int, items []Item) error {
	i, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer func() { s.free <- i }()
	return s.lean.PutBatch(ctx, i, items)
}

// Get implements Store. The record is a copy, because the connection goes on.
func (s *shared) Get(ctx context.Context, _ int, id string, level Level) ([]byte, error) {
	i, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { s.free <- i }()
	got, err := s.lean.Get(ctx, i, id, level)
	return bytes.Clone(got), err
}
