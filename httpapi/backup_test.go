package httpapi

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"

	"roster"
	"roster/backup"
	"roster/internal/memservice"
)

// breaking is a service whose archives end with an error after some bytes.
type breaking struct {
	roster.Service
	after int
}

func (b breaking) Backup(_ context.Context, w io.Writer) error {
	if b.after > 0 {
		if _, err := w.Write(make([]byte, b.after)); err != nil {
			return err
		}
	}
	return roster.Errorf(roster.CodeConflict, "the cluster map changed")
}

// TestBackupRoute: a whole archive is 200; an error before it begins is an answer; one under
// way cuts the connection, so that nobody takes a part for the whole.
func TestBackupRoute(t *testing.T) {
	f := newFixture(t)
	f.want(201, post, "/v1/agents", agentJSON("demo/a"))
	got := f.want(200, post, "/v1/backup", "")
	a, err := backup.Read(bytes.NewReader(got.body), int64(len(got.body)))
	if err != nil || a.Agents() != 1 || got.Header.Get("Content-Type") != "application/x-tar" {
		t.Errorf("%+v, %v, %v", a, err, got.Header)
	}
	f.want(405, get, "/v1/backup", "")
	f.want(400, post, "/v1/backup?surprise=1", "")
	for after := range map[int]bool{0: true, 100_000: true} {
		f := fixtureOver(t, func(s roster.Service) roster.Service { return breaking{s, after} }, memservice.Config{}, Options{})
		if after == 0 {
			f.want(409, post, "/v1/backup", "")
			continue
		}
		response, err := http.Post(f.server.URL+"/v1/backup", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if body, err := io.ReadAll(response.Body); err == nil {
			t.Errorf("%d bytes look like a whole answer", len(body))
		}
	}
}
