package transport

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"

	"roster"
)

// The handshake, in the order of sending:
//
//	dialer:   magic, version, lane, nonce, node id, cluster name   (hello)
//	acceptor: verdict; if accepted so far: nonce, node id, proof          (challenge)
//	dialer:   proof
//	acceptor: verdict
//
// A proof is an HMAC over hello and challenge under a label that names the side, so
// that neither proof can be reflected or used for another lane. The dialer
// sends its proof even when the acceptor's is wrong: so both sides learn, and can
// count, that the keys differ.
const (
	magic        = "ROST"
	version      = 2
	nonceBytes   = 32
	proofBytes   = sha256.Size
	keyLabel     = "roster transport handshake 1"
	acceptLabel  = "acceptor\x00"
	dialLabel    = "dialer\x00"
	helloFixed   = len(magic) + 1 + 1 + nonceBytes
	verdictBytes = 1
)

// verdict is what an acceptor says to a dialer.
type verdict byte

const (
	accepted    verdict = 1
	badVersion  verdict = 2
	badCluster  verdict = 3
	badKey      verdict = 4
	nobodyThere verdict = 5
	tooMany     verdict = 6
	notVouched  verdict = 7
	noTLS       verdict = 8
)

// refusals says what each verdict means to the dialer, and the name under which the
// acceptor counts it.
var refusals = map[verdict]struct {
	code           roster.Code
	reason, detail string
}{
	badVersion:  {roster.CodeConflict, "version", "speaks another version of the node protocol"},
	badCluster:  {roster.CodeConflict, "cluster", "belongs to a cluster of another name than"},
	badKey:      {roster.CodeDenied, "key", "has another cluster key than this node, in cluster"},
	nobodyThere: {roster.CodeUnavailable, "nobody", "has no use for this kind of connection now, in cluster"},
	tooMany:     {roster.CodeOverloaded, "full", "has all the connections it takes, in cluster"},
	notVouched:  {roster.CodeDenied, "certificate", "takes this node's certificate for that of a node of another name, in cluster"},
	noTLS:       {roster.CodeDenied, "plaintext", "speaks TLS alone and this node none: give it --tls-ca, --tls-cert and --tls-key, as all nodes have them in cluster"},
}

// refusal is the error for the dialer of addr.
func (v verdict) refusal(addr, cluster string) *roster.Error {
	r, ok := refusals[v]
	if !ok {
		return roster.Errorf(roster.CodeUnavailable, "what answers at %s is not a node: it does not speak the node protocol", addr)
	}
	return roster.Errorf(r.code, "the node at %s %s %q", addr, r.detail, cluster)
}

// hello opens a connection.
type hello struct {
	lane    Lane
	nonce   [nonceBytes]byte
	node    roster.NodeID
	cluster string
}

// errNotHello: what came in is not the beginning of a handshake.
var errNotHello = errors.New("not the node protocol")

// errVersion: the peer speaks another version.
var errVersion = errors.New("another version of the node protocol")

func (h hello) append(b []byte) []byte {
	b = append(b, magic...)
	b = append(b, version, byte(h.lane))
	b = append(b, h.nonce[:]...)
	b = appendShort(b, string(h.node))
	return appendShort(b, h.cluster)
}

// readHello reads the magic first, so that other protocols are turned away at once
// and not only when the deadline passes.
func readHello(r io.Reader) (hello, error) {
	var b [helloFixed]byte
	if _, err := io.ReadFull(r, b[:len(magic)]); err != nil {
		return hello{}, err
	}
	if string(b[:len(magic)]) != magic {
		return hello{}, errNotHello
	}
	rest := b[len(magic):]
	if _, err := io.ReadFull(r, rest[:1]); err != nil {
		return hello{}, err
	}
	if rest[0] != version {
		return hello{}, errVersion
	}
	if _, err := io.ReadFull(r, rest[1:]); err != nil {
		return hello{}, err
	}
	h := hello{lane: Lane(rest[1])}
	copy(h.nonce[:], rest[2:])
	node, err := readShort(r)
	if err != nil {
		return hello{}, err
	}
	h.node = roster.NodeID(node)
	h.cluster, err = readShort(r)
	return h, err
}

// challenge is the acceptor's part of what both sides prove.
type challenge struct {
	nonce [nonceBytes]byte
	node  roster.NodeID
}

func (c challenge) append(b []byte) []byte {
	return appendShort(append(b, c.nonce[:]...), string(c.node))
}

func readChallenge(r io.Reader) (c challenge, err error) {
	if _, err := io.ReadFull(r, c.nonce[:]); err != nil {
		return c, err
	}
	node, err := readShort(r)
	c.node = roster.NodeID(node)
	return c, err
}

// proof returns the HMAC of one side over the whole exchange so far.
func proof(key []byte, label string, h hello, c challenge) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(c.append(h.append([]byte(label))))
	return mac.Sum(nil)
}

// greet is the dialer's side. It returns the acceptor's node id.
func (t *Transport) greet(rw io.ReadWriter, addr string, lane Lane) (roster.NodeID, error) {
	h := hello{lane: lane, node: t.c.Node, cluster: t.c.Cluster}
	rand.Read(h.nonce[:])
	// A peer that refuses the connection before it reads may have hung up already: what it
	// said before is there nevertheless, and says more than the error of the write.
	_, _ = rw.Write(h.append(nil))
	if err := readVerdict(rw, addr, t.c.Cluster); err != nil {
		return "", err
	}
	c, err := readChallenge(rw)
	if err != nil {
		return "", lost(addr, err)
	}
	var theirs [proofBytes]byte
	if _, err := io.ReadFull(rw, theirs[:]); err != nil {
		return "", lost(addr, err)
	}
	if _, err := rw.Write(proof(t.key, dialLabel, h, c)); err != nil {
		return "", lost(addr, err)
	}
	if err := readVerdict(rw, addr, t.c.Cluster); err != nil {
		return "", err
	}
	if !hmac.Equal(theirs[:], proof(t.key, acceptLabel, h, c)) {
		return "", badKey.refusal(addr, t.c.Cluster)
	}
	return c.node, nil
}

func readVerdict(r io.Reader, addr, cluster string) error {
	var b [verdictBytes]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return lost(addr, err)
	}
	if v := verdict(b[0]); v != accepted {
		return v.refusal(addr, cluster)
	}
	return nil
}

// receive is the acceptor's side: it returns the dialer's hello once the dialer has
// proved the key and its lane is found open. The last verdict is left to the caller.
func (t *Transport) receive(rw io.ReadWriter) (hello, verdict, error) {
	h, err := readHello(rw)
	if errors.Is(err, errVersion) {
		return h, badVersion, nil
	}
	if err != nil {
		return h, 0, err
	}
	if h.cluster != t.c.Cluster {
		return h, badCluster, nil
	}
	c := challenge{node: t.c.Node}
	rand.Read(c.nonce[:])
	b := append(c.append([]byte{byte(accepted)}), proof(t.key, acceptLabel, h, c)...)
	if _, err := rw.Write(b); err != nil {
		return h, 0, err
	}
	var theirs [proofBytes]byte
	if _, err := io.ReadFull(rw, theirs[:]); err != nil {
		return h, 0, err
	}
	if !hmac.Equal(theirs[:], proof(t.key, dialLabel, h, c)) {
		return h, badKey, nil
	}
	return h, accepted, nil
}

// lost is the error for a connection that ended within the handshake: nothing has
// been asked of the peer yet.
func lost(addr string, cause error) *roster.Error {
	if alerted(cause) {
		return &roster.Error{Code: roster.CodeDenied, Detail: "the node at " + addr + " refuses this node's certificate; its log says why", Cause: cause}
	}
	return &roster.Error{Code: roster.CodeUnavailable, Detail: "no connection to the node at " + addr, Cause: cause}
}

// appendShort appends a string of at most 255 bytes behind its length.
func appendShort(b []byte, s string) []byte {
	return append(append(b, byte(len(s))), s...)
}

func readShort(r io.Reader) (string, error) {
	var n [1]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return "", err
	}
	b := make([]byte, n[0])
	_, err := io.ReadFull(r, b)
	return string(b), err
}
