package daemon

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestServerAnswersWhileTheNodeStarts(t *testing.T) {
	s, err := listenHTTP(t.Context(), "127.0.0.1:0", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) (int, string) {
		response, err := http.Get("http://" + s.address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	if status, _ := get("/livez"); status != http.StatusOK {
		t.Errorf("/livez = %d", status)
	}
	for _, path := range []string{"/readyz?verbose", "/v1/members"} {
		status, body := get(path)
		if status != http.StatusServiceUnavailable {
			t.Errorf("%s = %d", path, status)
		}
		has(t, path, body, `"code":"Unavailable"`, `"checks":[{"name":"start","ok":false`)
	}
	if err := s.stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestManyRequestsOnOneConnection: over HTTP/2, as many as there may be at a time.
func TestManyRequestsOnOneConnection(t *testing.T) {
	s, err := listenHTTP(t.Context(), "127.0.0.1:0", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	speaks := new(http.Protocols)
	speaks.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: speaks}}
	first, err := client.Get("http://" + s.address + "/livez") // opens the connection
	if err != nil {
		t.Fatal(err)
	}
	first.Body.Close()
	var addresses sync.Map
	var all sync.WaitGroup
	all.Add(streamsMax)
	s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addresses.Store(r.RemoteAddr, r.Proto)
		all.Done()
		all.Wait() // until the others are here too
		_, _ = io.Copy(w, r.Body)
	}))
	var callers sync.WaitGroup
	for i := range streamsMax {
		callers.Go(func() {
			response, err := client.Post(fmt.Sprintf("http://%s/%d", s.address, i), "text/plain", strings.NewReader("body"))
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			if body, err := io.ReadAll(response.Body); err != nil || string(body) != "body" {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
	callers.Wait()
	connections := 0
	addresses.Range(func(_, proto any) bool {
		connections++
		return proto == "HTTP/2.0"
	})
	if connections != 1 {
		t.Errorf("%d connections, or another protocol", connections)
	}
	client.CloseIdleConnections()
	if err := s.stop(t.Context()); err != nil {
		t.Error(err)
	}
}
