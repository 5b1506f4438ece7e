package daemon

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster/access"
	"roster/audit"
	"roster/httpapi/door"
	"roster/httpapi/quota"
)

// auth is what a node is told about who may do what.
type auth struct {
	on            bool // callers are asked for tokens
	rootTokenFile string
	rootToken     string // its hash
	metricsOpen   bool
	auditLog      string // file; "": none
	limits        quota.Limits
}

// settings lists them for the table.
func (a *auth) settings() []setting {
	return []setting{
		{"auth", "false", "ask callers for access tokens; give it to every node", boolean(&a.on)},
		{"root-token-file", "", "file with a token that may do everything on this node, as roster tokens root --out makes it; implies --auth", text(&a.rootTokenFile)},
		{"metrics-open", "false", "show /metrics to who has no token", boolean(&a.metricsOpen)},
		{"token-rate", "0", "requests a second that one token may make of this node; 0: any number; the root token is free", number(&a.limits.Rate)},
		{"token-burst", "0", "requests that one token may make at once after a pause (default --token-rate)", number(&a.limits.Burst)},
		{"token-concurrent", "0", "requests of one token that may be under way at this node, watches and holds among them; 0: any number", number(&a.limits.Concurrent)},
		{"audit-log", "", "file that keeps what was done to the cluster through this node, and what was refused", text(&a.auditLog)},
	}
}

// open opens the audit log; nil without one.
func (a *auth) open(log *slog.Logger) (*audit.Log, error) {
	if a.auditLog == "" {
		return nil, nil
	}
	kept, err := audit.Open(a.auditLog, log)
	if err != nil {
		return nil, configError("audit-log: " + err.Error())
	}
	return kept, nil
}

// load reads the root token and keeps its hash alone.
func (a *auth) load() (faults []string) {
	if a.rootTokenFile != "" {
		a.on = true
		secret, err := ReadToken(a.rootTokenFile)
		if err != nil {
			faults = append(faults, "root-token-file: "+err.Error())
		}
		a.rootToken = access.Hash(secret)
	}
	if err := a.limits.Validate(); err != nil {
		faults = append(faults, "token-rate, token-burst, token-concurrent: "+err.Error())
	} else if a.limits != (quota.Limits{}) && !a.on {
		faults = append(faults, "token-rate, token-burst and token-concurrent have no effect without --auth")
	}
	return faults
}

// keeper puts the limits, if there are any, beside who recognises tokens.
func (a *auth) keeper(k door.Keeper, metrics prometheus.Registerer) door.Keeper {
	if a.limits == (quota.Limits{}) {
		return k
	}
	return door.Limited{Keeper: k, Limiter: quota.New(a.limits, time.Now, metrics)}
}

// ReadToken reads an access token from its file. A file that others than its owner can
// read is refused: whoever has the token is who it says.
func ReadToken(name string) (string, error) {
	text, err := readSecret(name, 0o077, "others")
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(text)
	if !access.IsSecret(secret) {
		return "", fmt.Errorf("%s holds no access token: want rst_ and what follows, and nothing else", name)
	}
	return secret, nil
}
