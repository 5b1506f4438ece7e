package system

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// h2c is Roster's API over HTTP/2 without TLS, many requests on each connection.
type h2c struct {
	clients   []*http.Client
	addresses []string
}

// probeWithin bounds the question whether HTTP/2 is offered.
const probeWithin = 2 * time.Second

// transportH2C returns a transport that speaks nothing but HTTP/2 without TLS.
func transportH2C() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Transport{Protocols: protocols}
}

// offersH2C asks a node.
func offersH2C(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	s := newH2C([]string{address}, 1)
	defer s.Close()
	_, err := s.send(ctx, 0, http.MethodGet, "/livez", nil, http.StatusOK)
	return err == nil
}

// newH2C returns a store with n connections.
func newH2C(addresses []string, n int) *h2c {
	s := &h2c{addresses: addresses}
	for range n {
		s.clients = append(s.clients, &http.Client{Transport: transportH2C()})
	}
	return s
}

func (s *h2c) send(ctx context.Context, caller int, method, path string, body []byte, want ...int) ([]byte, error) {
	i := caller % len(s.clients)
	request, err := http.NewRequestWithContext(ctx, method, "http://"+s.addresses[i%len(s.addresses)]+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := s.clients[i].Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(io.LimitReader(answer.Body, answerMax))
	if err != nil {
		return nil, err
	}
	for _, ok := range want {
		if answer.StatusCode == ok {
			return got, nil
		}
	}
	return nil, fmt.Errorf("status %d: %.300s", answer.StatusCode, got)
}

// Put implements Store.
func (s *h2c) Put(ctx context.Context, caller int, item Item) error {
	_, err := s.send(ctx, caller, http.MethodPut, "/v1/agents/"+item.ID, item.Value, http.StatusOK, http.StatusCreated)
	return err
}

// PutBatch implements Store.
func (s *h2c) PutBatch(ctx context.Context, caller int, items []Item) error {
	got, err := s.send(ctx, caller, http.MethodPost, "/v1/agents:register", batchBody(nil, items), http.StatusOK)
	if err != nil {
		return err
	}
	return refusedAny(got)
}

// Get implements Store.
func (s *h2c) Get(ctx context.Context, caller int, id string, level Level) ([]byte, error) {
	path := "/v1/agents/" + id
	if level == Linearizable {
		path += "?read=linearizable"
	}
	return s.send(ctx, caller, http.MethodGet, path, nil, http.StatusOK)
}

// Close implements Store.
func (s *h2c) Close() {
	for _, c := range s.clients {
		c.CloseIdleConnections()
	}
}
