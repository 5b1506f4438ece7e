package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"roster/fleet"
)

const (
	// headerBytesMax bounds the head of an answer; its body is not read.
	headerBytesMax = 16 << 10
	// textMax and whatMax bound, in bytes, what is told of one outcome and of the probe.
	textMax, whatMax = 200, 120
)

// Outcome is what one probe has come to.
type Outcome struct {
	Failed bool
	Took   time.Duration // until the answer or the failure; of a heartbeat its age
	Text   string        // what came, with the time where that says something
}

// probing is under what the context of a dial finds that of its probe.
type probing struct{}

// browser returns a client that goes nowhere but where it is sent: no redirect is followed,
// no proxy is asked, and no connection outlives its probe; nor does an attempt at one, which
// http.Transport would let go on for the sake of later requests.
func browser(dial func(context.Context, string) (net.Conn, error)) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				return dial(ctx.Value(probing{}).(context.Context), address)
			},
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: headerBytesMax,
		},
	}
}

// knock probes an endpoint once. ctx bounds it.
func (p *Prober) knock(ctx context.Context, t *Target) Outcome {
	begun := time.Now()
	text, err := p.ask(ctx, t)
	took := time.Since(begun)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Outcome{true, took, "no answer within " + brief(time.Duration(t.Probe.Timeout))}
	case err != nil && text == "":
		text = reason(err)
	}
	return Outcome{err != nil, took, text + " in " + brief(took)}
}

// errStatus is a status that says no.
var errStatus = errors.New("not below 400")

// ask returns what was answered, and an error if it was not the right answer.
func (p *Prober) ask(ctx context.Context, t *Target) (string, error) {
	if t.Probe.Kind == fleet.ProbeTCP {
		conn, err := p.dial(ctx, t.address)
		if err != nil {
			return "", err
		}
		return "connected", conn.Close()
	}
	r, err := http.NewRequestWithContext(context.WithValue(ctx, probing{}, ctx), http.MethodGet, t.url.String(), http.NoBody)
	if err != nil {
		return "", err
	}
	r.Header.Set("User-Agent", "roster-probe")
	answer, err := p.client.Do(r)
	if err != nil {
		return "", err
	}
	_ = answer.Body.Close() // unread: who has answered with a status lives, however long the rest takes
	text := strconv.Itoa(answer.StatusCode)
	if answer.StatusCode >= http.StatusBadRequest {
		return text, errStatus
	}
	return text, nil
}

// listen judges the age of what a member last said.
func listen(t *Target, now time.Time) Outcome {
	said := t.Said()
	age := now.Sub(said)
	switch {
	case said.IsZero():
		return Outcome{true, 0, "it has said nothing yet"}
	case age > time.Duration(t.Probe.Every):
		return Outcome{true, age, "it has said nothing for " + brief(age)}
	}
	return Outcome{false, age, "it spoke " + brief(age) + " ago"}
}

// reason says what an error comes from, without the address that is known already.
func reason(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		err = e.Err
	}
	return cut(err.Error(), textMax)
}

// cut makes text fit to be shown: not too long, one line, valid.
func cut(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// brief is a duration for people: 12 ms, 3.5 s.
func brief(d time.Duration) string {
	ms := (d + time.Millisecond - 1).Milliseconds()
	switch {
	case ms < 1000:
		return fmt.Sprintf("%d ms", ms)
	case ms%1000 < 100:
		return fmt.Sprintf("%d s", ms/1000)
	}
	return fmt.Sprintf("%d.%d s", ms/1000, ms%1000/100)
}
