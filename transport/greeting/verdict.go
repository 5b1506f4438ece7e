package greeting

import (
	"errors"
	"io"
	"net"
	"strings"

	"roster"
)

// Verdict is what an acceptor says to a dialer. Numbers are part of the protocol.
type Verdict byte

// The verdicts.
const (
	Accepted    Verdict = 1
	BadVersion  Verdict = 2
	BadCluster  Verdict = 3
	BadKey      Verdict = 4
	NobodyThere Verdict = 5
	TooMany     Verdict = 6
	NotVouched  Verdict = 7
	NoTLS       Verdict = 8
	BadFounding Verdict = 9
)

// refusals says what each verdict means to the dialer, and the name under which the
// acceptor counts it.
var refusals = map[Verdict]struct {
	code           roster.Code
	reason, detail string
}{
	BadVersion:  {roster.CodeConflict, "version", "speaks another version of the node protocol"},
	BadCluster:  {roster.CodeConflict, "cluster", "belongs to a cluster of another name than"},
	BadKey:      {roster.CodeDenied, "key", "has another cluster key than this node, in cluster"},
	NobodyThere: {roster.CodeUnavailable, "nobody", "has no use for this kind of connection now, in cluster"},
	TooMany:     {roster.CodeOverloaded, "full", "has all the connections it takes, in cluster"},
	NotVouched:  {roster.CodeDenied, "certificate", "takes this node's certificate for that of a node of another name, in cluster"},
	NoTLS:       {roster.CodeDenied, "plaintext", "speaks TLS alone and this node none: give it --tls-ca, --tls-cert and --tls-key, as all nodes have them in cluster"},
	BadFounding: {roster.CodeConflict, "founding", "belongs to another cluster of the same name and key,"},
}

// Reason returns the name under which a refusal is counted.
func (v Verdict) Reason() string { return refusals[v].reason }

// refusal is the error for the dialer of addr.
func (v Verdict) refusal(addr, cluster string) *roster.Error {
	r, ok := refusals[v]
	if !ok {
		return roster.Errorf(roster.CodeUnavailable, "what answers at %s is not a node: it does not speak the node protocol", addr)
	}
	return roster.Errorf(r.code, "the node at %s %s %q", addr, r.detail, cluster)
}

// olderError is the refusal of a peer that does not speak a version.
type olderError struct{ refusal *roster.Error }

// Error returns what the dialer is told.
func (e olderError) Error() string { return e.refusal.Error() }

// Unwrap returns the error with its code.
func (e olderError) Unwrap() error { return e.refusal }

// Older reports whether Ask failed because the peer does not speak that version: a node of
// the build before, or a later one, may be asked in VersionBefore.
func Older(err error) bool {
	_, ok := errors.AsType[olderError](err)
	return ok
}

// Foreign is the error about a node of another cluster of the same name and key.
func (p Party) Foreign(node roster.NodeID, addr, clusterID string) *roster.Error {
	return roster.Errorf(roster.CodeConflict, "node %s at %s belongs to the cluster %q with id %s, and this node to that with id %s: two clusters have one name and one key; a node moves from one to the other only with an empty data directory",
		node, addr, p.Cluster, clusterID, p.ClusterID)
}

func readVerdict(r io.Reader, addr, cluster string) error {
	var b [verdictBytes]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return Lost(addr, err)
	}
	switch v := Verdict(b[0]); v {
	case Accepted:
		return nil
	case BadVersion:
		return olderError{v.refusal(addr, cluster)}
	default:
		return v.refusal(addr, cluster)
	}
}

// Lost is the error for a connection to addr that ended before or within the handshake:
// nothing has been asked of the peer yet.
func Lost(addr string, cause error) *roster.Error {
	if Alerted(cause) {
		return &roster.Error{Code: roster.CodeDenied, Detail: "the node at " + addr + " refuses this node's certificate; its log says why", Cause: cause}
	}
	return &roster.Error{Code: roster.CodeUnavailable, Detail: "no connection to the node at " + addr, Cause: cause}
}

// Alerted reports whether an error is what the peer's TLS has said about this end's
// certificate; a dialer hears it after its own part of the handshake. The words have no
// type of their own, but all of them name what they are about.
func Alerted(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error" && strings.Contains(op.Err.Error(), "certificate")
}
