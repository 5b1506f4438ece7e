package daemon

import (
	"io"
	"log/slog"
	"net/http"
	"testing"
)

func TestServerAnswersWhileTheNodeStarts(t *testing.T) {
	s, err := listenHTTP(t.Context(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
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
