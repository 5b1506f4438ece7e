package daemon

import (
	"fmt"
	"log/slog"
	"strings"

	"roster/access"
	"roster/audit"
)

// auth is what a node is told about who may do what.
type auth struct {
	on            bool // callers are asked for tokens
	rootTokenFile string
	rootToken     string // its hash
	metricsOpen   bool
	auditLog      string // file; "": none
}

// settings lists them for the table.
func (a *auth) settings() []setting {
	return []setting{
		{"auth", "false", "ask callers for access tokens; give it to every node", boolean(&a.on)},
		{"root-token-file", "", "file with a token that may do everything on this node, as roster tokens root --out makes it; implies --auth", text(&a.rootTokenFile)},
		{"metrics-open", "false", "show /metrics to who has no token", boolean(&a.metricsOpen)},
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
func (a *auth) load() []string {
	if a.rootTokenFile == "" {
		return nil
	}
	a.on = true
	secret, err := ReadToken(a.rootTokenFile)
	if err != nil {
		return []string{"root-token-file: " + err.Error()}
	}
	a.rootToken = access.Hash(secret)
	return nil
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
