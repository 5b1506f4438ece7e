package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"roster"
	"roster/certs"
	"roster/httpapi"
	"roster/httpapi/wire"
)

// Bounds of the HTTP server. A watch or a hold lifts those of its own connection.
const (
	headerBytesMax = httpapi.ServerHeaderBytes
	headerReadMax  = 5 * time.Second
	requestReadMax = 30 * time.Second
	answerWriteMax = 30 * time.Second
	idleMax        = 2 * time.Minute
	streamsMax     = 256 // requests under way on one connection, over HTTP/2
	// drainFor is how long requests under way may go on when the server stops;
	// streams, which would go on for ever, are cut then.
	drainFor = 300 * time.Millisecond
	stopMax  = time.Second
)

// server listens from the start, so that its address is known and probes get an
// answer, and serves once it is given something to serve.
type server struct {
	http    *http.Server
	address string
	handler atomic.Pointer[http.Handler]
	cut     context.CancelFunc // ends the context of every request
	done    chan error
}

// listenHTTP starts a server that answers that the node is starting, over HTTPS if web
// has certificates for it.
func listenHTTP(ctx context.Context, address string, web *certs.Web, log *slog.Logger) (*server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, configError(fmt.Sprintf("http %s: the port is in use: stop what listens there, or choose another with --http", address))
	}
	if err != nil {
		return nil, configError(fmt.Sprintf("http %s: %v", address, err))
	}
	return serveHTTP(ctx, listener, web, log), nil
}

// serveHTTP is listenHTTP on a listener, which it takes over.
func serveHTTP(ctx context.Context, listener net.Listener, web *certs.Web, log *slog.Logger) *server {
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	s := &server{address: listener.Addr().String(), cut: cut, done: make(chan error, 1)}
	s.serve(http.HandlerFunc(starting))
	s.http = &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*s.handler.Load()).ServeHTTP(w, r) }),
		MaxHeaderBytes:    headerBytesMax,
		ReadHeaderTimeout: headerReadMax,
		ReadTimeout:       requestReadMax,
		WriteTimeout:      answerWriteMax,
		IdleTimeout:       idleMax,
		Protocols:         protocols(web != nil),
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: streamsMax},
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return requests },
	}
	if web == nil {
		go func() { s.done <- s.http.Serve(listener) }()
		return s
	}
	// The handshake ends with headerReadMax; see httpsListener for a request without TLS.
	s.http.TLSConfig = web.Config()
	go func() { s.done <- s.http.ServeTLS(httpsListener{listener}, "", "") }()
	return s
}

// protocols are HTTP/1.1 and, for who has many requests for few connections, HTTP/2: by
// the handshake of TLS, or without TLS by prior knowledge.
func protocols(secured bool) *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetHTTP2(secured)
	p.SetUnencryptedHTTP2(!secured)
	return p
}

// serve makes h answer from now on.
func (s *server) serve(h http.Handler) { s.handler.Store(&h) }

// stop ends the server and joins it.
func (s *server) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopMax)
	defer cancel()
	drain := time.AfterFunc(drainFor, s.cut)
	defer drain.Stop()
	err := s.http.Shutdown(ctx)
	s.cut()
	if err != nil {
		err = s.http.Close()
	}
	if serve := <-s.done; !errors.Is(serve, http.ErrServerClosed) {
		err = errors.Join(err, serve)
	}
	return err
}

// starting answers for a node that is not open yet: it lives, and is not ready.
func starting(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/livez" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "ok")
		return
	}
	check := roster.Check{Name: "start", Detail: "the node is starting"}
	problem := wire.ProblemOf(roster.Errorf(roster.CodeUnavailable, "%s", check.Detail))
	problem.Checks = []roster.Check{check}
	body, err := json.Marshal(problem)
	if err != nil { // it holds nothing that JSON cannot say
		body = nil
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(problem.Status)
	_, _ = w.Write(body) // a caller who left needs no answer
}
