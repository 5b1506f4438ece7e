package daemon

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"roster/certs"
	"roster/transport"
)

// doors are what a node keeps shut: the port between nodes, and that of the HTTP API.
type doors struct {
	nodesFiles, webFiles certs.Files
	nodes                *certs.Nodes // nil: no TLS
	web                  *certs.Web   // nil: no HTTPS
}

// doorSettings are the settings of TLS.
func (d *doors) doorSettings() []setting {
	return []setting{
		{"tls-ca", "", "PEM file of the CAs whose nodes may speak to this one; with --tls-cert and --tls-key: TLS between nodes", text(&d.nodesFiles.CA)},
		{"tls-cert", "", "PEM file of this node's certificate, as roster tls node issues it", text(&d.nodesFiles.Cert)},
		{"tls-key", "", "PEM file of its key", text(&d.nodesFiles.Key)},
		{"http-tls-cert", "", "PEM file of the certificate of the HTTP API (default --tls-cert)", text(&d.webFiles.Cert)},
		{"http-tls-key", "", "PEM file of its key (default --tls-key)", text(&d.webFiles.Key)},
		{"http-client-ca", "", "PEM file of the CAs whose clients may call; without it nobody needs a certificate", text(&d.webFiles.CA)},
	}
}

// loadDoors reads the certificates. An option that would have no effect is a fault:
// somebody believes that it protects them.
func (s *Settings) loadDoors() []string {
	var faults []string
	told := func(what string, err error) {
		if err != nil {
			faults = append(faults, what+": "+err.Error())
		}
	}
	n, w := s.nodesFiles, s.webFiles
	if missing := missing(named{"tls-ca", n.CA}, named{"tls-cert", n.Cert}, named{"tls-key", n.Key}); missing != "" {
		return []string{"tls-ca, tls-cert and tls-key belong together: give " + missing + ", too"}
	}
	if missing := missing(named{"http-tls-cert", w.Cert}, named{"http-tls-key", w.Key}); missing != "" {
		return []string{"http-tls-cert and http-tls-key belong together: give " + missing + ", too"}
	}
	if w.Cert == "" {
		w.Cert, w.Key = n.Cert, n.Key
	}
	if w.CA != "" && w.Cert == "" {
		return []string{"http-client-ca has no effect without HTTPS: give http-tls-cert and http-tls-key, too"}
	}
	s.webFiles = w
	var err error
	if n.Cert != "" {
		s.nodes, err = certs.OpenNodes(n, s.cluster, s.name)
		told("tls", err)
	}
	if w.Cert != "" && (w.Cert != n.Cert || err == nil) { // the same fault is told once
		s.web, err = certs.OpenWeb(w, s.cluster)
		told("https", err)
	}
	return faults
}

// named is a setting and its value.
type named struct{ name, value string }

// missing returns the settings that have no value although others have; "" for all or
// none.
func missing(settings ...named) string {
	var out []string
	for _, one := range settings {
		if one.value == "" {
			out = append(out, one.name)
		}
	}
	if len(out) == len(settings) {
		return ""
	}
	return strings.Join(out, " and ")
}

// lacks says what protection a port is without; "": it may be open beyond loopback.
func (s *Settings) lacks(door string) string {
	var out []string
	switch {
	case door == "bind" && s.nodesFiles.Cert == "":
		out = append(out, "TLS (--tls-ca, --tls-cert, --tls-key)")
	case door == "http" && s.webFiles.Cert == "" && s.nodesFiles.Cert == "": // whose pair serves both
		out = append(out, "HTTPS (--http-tls-cert, --http-tls-key)")
	}
	if door == "http" && !s.auth.on {
		out = append(out, "tokens (--auth)")
	}
	return strings.Join(out, " and ")
}

// describe says who may come in, for people.
func (s *Settings) describe() string {
	var out []string
	for _, door := range s.ports() {
		if local, err := IsLoopback(door.value); err == nil && !local {
			out = append(out, door.name+" "+door.value+" lacks "+cmp.Or(s.lacks(door.name), "nothing"))
		}
	}
	text := cmp.Or(strings.Join(out, "; "), "loopback only")
	if s.insecure {
		return "INSECURE: " + text
	}
	return text
}

// ports are the addresses on which a node listens.
func (s *Settings) ports() []named { return []named{{"http", s.http}, {"bind", s.bind}} }

// security is what the transport is given: nil, and not a nil pointer, without TLS.
func (s *Settings) security() transport.Security {
	if s.nodes == nil {
		return nil
	}
	return s.nodes
}

// sources are the certificates in use.
func (d *doors) sources() map[string]*certs.Source {
	out := make(map[string]*certs.Source)
	if d.nodes != nil {
		out["bind"] = d.nodes.Source
	}
	if d.web != nil {
		out["http"] = d.web.Source
	}
	return out
}

// renew looks after the certificates until the function that it returns is called.
func (d *doors) renew(ctx context.Context, log *slog.Logger) func() {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	for door, source := range d.sources() {
		watching.Go(func() { source.Run(ctx, log.With("door", door)) })
	}
	return func() { cancel(); watching.Wait() }
}

// measure adds when certificates end to the metrics.
func (d *doors) measure(metrics prometheus.Registerer) {
	for door, source := range d.sources() {
		metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "roster", Subsystem: "tls", Name: "certificate_end_timestamp_seconds",
			Help: "When the certificate of a port ends, in seconds since 1970.", ConstLabels: prometheus.Labels{"door": door}},
			func() float64 { return float64(source.Current().Expires().Unix()) }))
	}
}
