package survey

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"roster"
	"roster/cmd/node/survey/scrape"
	"roster/cmd/node/survey/sight"
)

// AnswerBytesMax bounds one answer that is fetched as it is.
const AnswerBytesMax = 16 << 20

// clockStep is how exactly an answer's head tells the time.
const clockStep = time.Second

// Fetch gets a path of the node at base, a URL, as it is. An answer of 400 or more is an
// error, but its body comes with it: a node that is not ready says there why.
func (s *Surveyor) Fetch(ctx context.Context, base, path, accept string) ([]byte, error) {
	body, _, err := s.get(ctx, base, path, accept)
	return body, err
}

func (s *Surveyor) get(ctx context.Context, base, path, accept string) ([]byte, *http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Accept", accept)
	r.Header.Set("User-Agent", s.o.UserAgent)
	if s.o.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.o.Token)
	}
	answer, err := s.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, AnswerBytesMax+1))
	switch {
	case err != nil:
	case len(body) > AnswerBytesMax:
		err = fmt.Errorf("%s is longer than %d bytes", path, AnswerBytesMax)
	case answer.StatusCode == http.StatusUnauthorized, answer.StatusCode == http.StatusForbidden:
		err = roster.Errorf(roster.CodeDenied, "%s: %s", path, answer.Status)
	case answer.StatusCode >= http.StatusBadRequest:
		err = fmt.Errorf("%s: %s", path, answer.Status)
	}
	return body, answer, err
}

func (s *Surveyor) metrics(ctx context.Context, base string) (scrape.Metrics, error) {
	body, err := s.Fetch(ctx, base, "/metrics", "text/plain")
	if err != nil {
		return scrape.Metrics{}, err
	}
	return scrape.Read(bytes.NewReader(body))
}

// clock compares the node's clock with this machine's by the head of an answer, and looks
// at the certificate of the connection.
func (s *Surveyor) clock(ctx context.Context, base string, n *sight.Node) error {
	sent := time.Now()
	_, answer, err := s.get(ctx, base, "/livez", "application/json")
	if err != nil {
		return err
	}
	took := time.Since(sent)
	if answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		n.Certificate = answer.TLS.PeerCertificates[0].NotAfter
	}
	told, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return fmt.Errorf("the answer tells no date")
	}
	n.Clock = told.Add(clockStep / 2).Sub(sent.Add(took / 2)).Round(time.Millisecond)
	n.ClockError = (clockStep + took) / 2
	return nil
}

// Ask is Fetch for a node that answered before.
func (s *Surveyor) Ask(ctx context.Context, n *sight.Node, path, accept string) ([]byte, error) {
	c, err := s.client(n.Address)
	if err != nil {
		return nil, err
	}
	return s.Fetch(ctx, c.Address(), path, accept)
}
