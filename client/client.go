package client

import (
	"log/slog"
	"net/http"
	"sync/atomic"

	"roster"
	"roster/client/once"
)

var _ roster.Service = (*Client)(nil)

// Client is a roster.Service that is reached over HTTP. It is safe for use by many
// goroutines and starts none of its own.
type Client struct {
	config   Config
	http     *http.Client
	log      *slog.Logger
	bases    []string      // "scheme://host:port", in order of preference
	current  atomic.Uint32 // which of bases answers at the moment
	requests *once.Requests
}

// New returns a client. It connects to nothing yet.
func New(c Config) (*Client, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	client := &Client{config: c, http: c.HTTPClient, log: c.Logger, requests: once.New()}
	for _, address := range c.Addresses {
		base, err := baseURL(address, c.TLS.Scheme())
		if err != nil {
			return nil, err
		}
		client.bases = append(client.bases, base)
	}
	return client, nil
}

// Close gives up idle connections. Calls under way go on.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Address returns the URL of the node that calls go to at the moment.
func (c *Client) Address() string { return c.bases[c.current.Load()] }

// leave makes the next address the current one, unless another caller has already
// left base.
func (c *Client) leave(base string) {
	at := c.current.Load()
	if c.bases[at] == base {
		c.current.CompareAndSwap(at, (at+1)%uint32(len(c.bases)))
	}
}
