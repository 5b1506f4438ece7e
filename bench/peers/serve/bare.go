package serve

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// bareBytes is about what Roster answers to a look-up of a record.
const bareBytes = 640

// bareBodyMax bounds what the bare server reads of a request.
const bareBodyMax = 1 << 20

// Bare serves HTTP that does nothing: it reads the request and answers as many bytes as
// Roster would. What Roster costs beyond it is Roster's own.
func Bare(ctx context.Context, m Member) error {
	s := &http.Server{Addr: m.Client, Handler: http.HandlerFunc(bare), ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- s.ListenAndServe() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	_ = s.Close() // it only cuts connections
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// bare echoes the id in the path, so that the client can check the answer as it checks
// Roster's.
func bare(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, bareBodyMax)) // a broken request breaks the answer too
	id := strings.TrimPrefix(r.URL.Path, "/v1/agents/")
	answer := make([]byte, 0, bareBytes)
	answer = append(append(append(answer, `{"id":"`...), id...), `","v":"`...)
	for len(answer) < bareBytes-2 {
		answer = append(answer, 'x')
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(answer, `"}`...)) // who went away reads no answer
}
