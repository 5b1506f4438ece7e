package httpapi

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/access/gate"
	"roster/audit"
	"roster/fleet"
	"roster/httpapi/door"
	"roster/httpapi/entrance"
	"roster/httpapi/guard"
	"roster/httpapi/meter"
	"roster/httpapi/table"
	"roster/mailbox"
)

// Bounds of this package; the contract's own are in package roster.
const (
	// StreamsMax is how many watches, and how many holds, run when Options names no
	// number.
	StreamsMax = 4096
	// ServerHeaderBytes is a good MaxHeaderBytes for the server: more than this package
	// takes, so that what is too long gets an answer of its shape.
	ServerHeaderBytes = 4 * guard.HeaderBytesMax

	watchQueueMax   = 64                     // events between a watch and its connection
	watchFirstWait  = 100 * time.Millisecond // how long an early error may still become a status
	watchCommentGap = 15 * time.Second
	holdCommentGap  = 5 * time.Second
)

// Options says how to serve. The zero value serves everything but /metrics and
// POST /v1/commands.
type Options struct {
	// Version is the program's version, shown in the OpenAPI document.
	Version string
	// Logger gets faults and panics; nil discards them.
	Logger *slog.Logger
	// Metrics is where the package registers its own metrics; nil: nowhere.
	Metrics prometheus.Registerer
	// Gatherer is what /metrics shows; nil: /metrics is NotFound.
	Gatherer prometheus.Gatherer
	// Settings are the node's, by name and without secrets, for who looks inside; nil: none.
	Settings map[string]string
	// Hosts are the names, without port, that a Host header may bear beside localhost,
	// names under .localhost and addresses; "*" allows every name.
	Hosts []string
	// Decode turns the kind and body of POST /v1/commands into a command; nil: the
	// route refuses.
	Decode func(kind string, body json.RawMessage) (roster.Command, error)
	// Fleets answers for what is run; nil: the routes of fleets refuse.
	Fleets fleet.Service
	// Mail brings messages; nil: the routes of messages refuse.
	Mail mailbox.Service
	// Tokens recognises callers: every route then asks for what its row in the table
	// says, and the service stands behind a gate. nil: everybody may do everything.
	Tokens door.Keeper
	// MetricsOpen shows /metrics to who has no token.
	MetricsOpen bool
	// Audit keeps acts and refusals; nil: nobody does.
	Audit *audit.Log
	// MaxWatchers and MaxHolds bound the streams that run at once; 0: StreamsMax.
	MaxWatchers, MaxHolds int
	// MaxRequests bounds the reads, and the writes, of agents under way; 0: entrance.Max.
	MaxRequests int
}

// api is the handler.
type api struct {
	service  roster.Service
	fleets   fleet.Service
	mail     mailbox.Service
	options  Options
	log      *slog.Logger
	guard    *guard.Guard
	mux      *http.ServeMux
	meter    *meter.Meter
	entrance *entrance.Entrance
	document []byte   // the OpenAPI document
	nosniff  []string // a header's value, of every answer

	watchers, holds atomic.Int64
	firstWait       time.Duration
	watchGap        time.Duration
	holdGap         time.Duration
}

// New returns the handler that serves s. It starts nothing: every goroutine belongs
// to a request and ends before the request does.
func New(s roster.Service, o Options) http.Handler { return newAPI(s, o) }

func newAPI(s roster.Service, o Options) *api {
	a := &api{service: s, fleets: o.Fleets, mail: o.Mail, options: o, log: o.Logger, guard: guard.New(o.Hosts), meter: meter.New(o.Metrics),
		firstWait: watchFirstWait, watchGap: watchCommentGap, holdGap: holdCommentGap}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if o.Tokens != nil {
		a.service = gate.New(s)
		if o.Fleets != nil {
			a.fleets = gate.NewFleets(o.Fleets)
		}
		if o.Mail != nil {
			a.mail = gate.NewMail(o.Mail)
		}
	}
	a.options.MaxWatchers, a.options.MaxHolds = cmp.Or(o.MaxWatchers, StreamsMax), cmp.Or(o.MaxHolds, StreamsMax)
	a.entrance = entrance.New(o.MaxRequests)
	routes := table.Routes()
	a.document = table.OpenAPI(routes, o.Version)
	a.nosniff = []string{"nosniff"}
	a.mux = a.newMux(routes)
	return a
}
