package greeting

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"

	"roster"
)

// The handshake, in the order of sending:
//
//	dialer:   magic, version, lane, nonce, node id, cluster name, cluster id   (hello)
//	acceptor: verdict; if accepted so far: nonce, node id, cluster id, proof   (challenge)
//	dialer:   proof
//	acceptor: verdict
//
// A proof is an HMAC over hello and challenge under a label that names the side, so
// that neither proof can be reflected or used for another lane. The dialer
// sends its proof even when the acceptor's is wrong: so both sides learn, and can
// count, that the keys differ. Cluster ids are compared last, so that they are the word
// of somebody who holds the key.
const (
	// Magic is what a handshake begins with.
	Magic = "ROST"
	// Version is what this build speaks. VersionBefore has no cluster ids: it is answered, and
	// spoken to who answers nothing later, so that nodes can be upgraded one by one.
	Version       = 3
	VersionBefore = 2
	nonceBytes    = 32
	proofBytes    = sha256.Size
	keyBytes      = 32
	keyLabel      = "roster transport handshake 1"
	acceptLabel   = "acceptor\x00"
	dialLabel     = "dialer\x00"
	helloFixed    = len(Magic) + 1 + 1 + nonceBytes
	verdictBytes  = 1
)

// Party is one node's part in handshakes.
type Party struct {
	Node    roster.NodeID
	Cluster string
	// ClusterID is which founding this node's cluster goes back to; "" until it has one.
	ClusterID string
	// Key is what this node proves that it holds; peers may also hold one of Others.
	Key    []byte
	Others [][]byte
}

// Hello is how a dialer opens a connection.
type Hello struct {
	Lane      uint8
	Node      roster.NodeID
	ClusterID string // "" until the dialer belongs to a cluster, and of an older build
	version   uint8
	nonce     [nonceBytes]byte
	cluster   string
}

// Peer is whom a dialer has reached.
type Peer struct {
	Node      roster.NodeID
	ClusterID string
}

// ErrNotHello says that what came in is not the beginning of a handshake.
var ErrNotHello = errors.New("not the node protocol")

// errVersion: the peer speaks another version.
var errVersion = errors.New("another version of the node protocol")

func (h Hello) append(b []byte) []byte {
	b = append(b, Magic...)
	b = append(b, h.version, h.Lane)
	b = append(b, h.nonce[:]...)
	b = appendShort(b, string(h.Node))
	return h.appendID(appendShort(b, h.cluster), h.ClusterID)
}

// appendID appends a cluster id in the versions that have one.
func (h Hello) appendID(b []byte, id string) []byte {
	if h.version < Version {
		return b
	}
	return appendShort(b, id)
}

func (h Hello) readID(r io.Reader) (string, error) {
	if h.version < Version {
		return "", nil
	}
	return readShort(r)
}

// readHello reads the magic first, so that other protocols are turned away at once
// and not only when the deadline passes.
func readHello(r io.Reader) (h Hello, err error) {
	var b [helloFixed]byte
	if _, err := io.ReadFull(r, b[:len(Magic)]); err != nil {
		return h, err
	}
	if string(b[:len(Magic)]) != Magic {
		return h, ErrNotHello
	}
	rest := b[len(Magic):]
	if _, err := io.ReadFull(r, rest[:1]); err != nil {
		return h, err
	}
	if h.version = rest[0]; h.version != Version && h.version != VersionBefore {
		return h, errVersion
	}
	if _, err := io.ReadFull(r, rest[1:]); err != nil {
		return h, err
	}
	h.Lane = rest[1]
	copy(h.nonce[:], rest[2:])
	node, err := readShort(r)
	if err != nil {
		return h, err
	}
	h.Node = roster.NodeID(node)
	if h.cluster, err = readShort(r); err != nil {
		return h, err
	}
	h.ClusterID, err = h.readID(r)
	return h, err
}

// challenge is the acceptor's part of what both sides prove.
type challenge struct {
	nonce     [nonceBytes]byte
	node      roster.NodeID
	clusterID string
}

func (c challenge) append(b []byte, h Hello) []byte {
	return h.appendID(appendShort(append(b, c.nonce[:]...), string(c.node)), c.clusterID)
}

func readChallenge(r io.Reader, h Hello) (c challenge, err error) {
	if _, err := io.ReadFull(r, c.nonce[:]); err != nil {
		return c, err
	}
	node, err := readShort(r)
	if err != nil {
		return c, err
	}
	c.node = roster.NodeID(node)
	c.clusterID, err = h.readID(r)
	return c, err
}

// proof returns the HMAC of one side over the whole exchange so far. Its key is drawn from
// the cluster key, so that gossip and handshake never share one.
func proof(key []byte, label string, h Hello, c challenge) []byte {
	drawn, err := hkdf.Key(sha256.New, key, nil, keyLabel, keyBytes)
	if err != nil { // only for a key that is far too long: then nobody proves anything
		return nil
	}
	mac := hmac.New(sha256.New, drawn)
	mac.Write(c.append(h.append([]byte(label)), h))
	return mac.Sum(nil)
}

// proved reports whether theirs is what a holder of one of this node's keys sends.
func (p Party) proved(theirs []byte, label string, h Hello, c challenge) bool {
	good := hmac.Equal(theirs, proof(p.Key, label, h, c))
	for _, key := range p.Others {
		good = good || hmac.Equal(theirs, proof(key, label, h, c))
	}
	return good
}

// Apart reports whether two cluster ids are of two clusters; one that is not known is not
// held against anybody.
func Apart(a, b string) bool { return a != "" && b != "" && a != b }

// Ask is the dialer's side of the handshake with the node at addr, in a version. See Older
// for when to ask again. Errors: Denied (another key), Conflict (another cluster or version),
// Unavailable.
func (p Party) Ask(rw io.ReadWriter, addr string, lane, version uint8) (Peer, error) {
	h := Hello{version: version, Lane: lane, Node: p.Node, cluster: p.Cluster, ClusterID: p.ClusterID}
	rand.Read(h.nonce[:])
	// A peer that refuses the connection before it reads may have hung up already: what it
	// said before is there nevertheless, and says more than the error of the write.
	_, _ = rw.Write(h.append(nil))
	if err := readVerdict(rw, addr, p.Cluster); err != nil {
		return Peer{}, err
	}
	c, err := readChallenge(rw, h)
	if err != nil {
		return Peer{}, Lost(addr, err)
	}
	var theirs [proofBytes]byte
	if _, err := io.ReadFull(rw, theirs[:]); err != nil {
		return Peer{}, Lost(addr, err)
	}
	if _, err := rw.Write(proof(p.Key, dialLabel, h, c)); err != nil {
		return Peer{}, Lost(addr, err)
	}
	err = readVerdict(rw, addr, p.Cluster)
	switch proved := p.proved(theirs[:], acceptLabel, h, c); {
	case proved && Apart(p.ClusterID, c.clusterID):
		return Peer{}, p.Foreign(c.node, addr, c.clusterID) // says more than the verdict
	case err != nil:
		return Peer{}, err
	case !proved:
		return Peer{}, BadKey.refusal(addr, p.Cluster)
	}
	return Peer{c.node, c.clusterID}, nil
}

// Answer is the acceptor's side: it returns the dialer's hello once the dialer has
// proved the key, and what is to be said of it. That verdict is left to the caller, who
// may know more. With BadFounding comes the error that says why.
func (p Party) Answer(rw io.ReadWriter) (Hello, Verdict, error) {
	h, err := readHello(rw)
	if errors.Is(err, errVersion) {
		return h, BadVersion, nil
	}
	if err != nil {
		return h, 0, err
	}
	if h.cluster != p.Cluster {
		return h, BadCluster, nil
	}
	c := challenge{node: p.Node, clusterID: p.ClusterID}
	rand.Read(c.nonce[:])
	b := append(c.append([]byte{byte(Accepted)}, h), proof(p.Key, acceptLabel, h, c)...)
	if _, err := rw.Write(b); err != nil {
		return h, 0, err
	}
	var theirs [proofBytes]byte
	if _, err := io.ReadFull(rw, theirs[:]); err != nil {
		return h, 0, err
	}
	switch {
	case !p.proved(theirs[:], dialLabel, h, c):
		return h, BadKey, nil
	case Apart(p.ClusterID, h.ClusterID):
		return h, BadFounding, nil
	}
	return h, Accepted, nil
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
