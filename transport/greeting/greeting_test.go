package greeting

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"roster"
)

const (
	laneRaft uint8 = 2
	laneCall uint8 = 3
)

var testKey = bytes.Repeat([]byte{7}, keyBytes)

// shake carries out a handshake and returns what both sides make of it.
func shake(t *testing.T, dialer, acceptor Party, version uint8) (peer Peer, dialErr error, h Hello, v Verdict, err error) {
	t.Helper()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		h, v, err = acceptor.Answer(b)
		go func() { _, _ = io.Copy(io.Discard, b) }() // as a socket would take what nobody reads
		_, _ = b.Write([]byte{byte(v)})
	}()
	peer, dialErr = dialer.Ask(a, "x:1", laneCall, version)
	_ = a.Close()
	<-done
	return peer, dialErr, h, v, err
}

// TestClusterIDs: two ids are refused on both sides and named; one that is missing, or an
// older version, is not held against anybody.
func TestClusterIDs(t *testing.T) {
	for _, test := range []struct {
		dialer, acceptor string
		version          uint8
		want             Verdict
		heard            string // what the dialer learns
	}{
		{"0123", "0123", Version, Accepted, "0123"},
		{"0123", "4567", Version, BadFounding, ""},
		{"", "4567", Version, Accepted, "4567"},
		{"0123", "", Version, Accepted, ""},
		{"", "", Version, Accepted, ""},
		{"0123", "4567", VersionBefore, Accepted, ""},
	} {
		dialer, acceptor := Party{Node: "a", Cluster: "c", ClusterID: test.dialer, Key: testKey}, Party{Node: "b", Cluster: "c", ClusterID: test.acceptor, Key: testKey}
		peer, dialErr, h, v, err := shake(t, dialer, acceptor, test.version)
		if v != test.want || err != nil {
			t.Errorf("%+v: the acceptor says %v, %v", test, v, err)
		}
		if test.want == Accepted {
			if dialErr != nil || peer != (Peer{"b", test.heard}) || h.Node != "a" {
				t.Errorf("%+v: %+v, %v, %+v", test, peer, dialErr, h)
			}
			continue
		}
		if text := errText(dialErr); roster.CodeOf(dialErr) != roster.CodeConflict || !contains(text, test.dialer, test.acceptor) {
			t.Errorf("%+v: the dialer hears %v", test, dialErr)
		}
	}
}

// TestKeysAreSeveral: whoever holds one key that the other side takes is in, whichever of
// them each side uses; who holds none is not, and is not told more than that.
func TestKeysAreSeveral(t *testing.T) {
	older, newer, third := bytes.Repeat([]byte{1}, keyBytes), bytes.Repeat([]byte{2}, keyBytes), bytes.Repeat([]byte{3}, keyBytes)
	for _, test := range []struct {
		name             string
		dialer, acceptor Party
		want             Verdict
		code             roster.Code
	}{
		{"one has changed over", Party{Key: older, Others: [][]byte{newer}}, Party{Key: newer, Others: [][]byte{older}}, Accepted, ""},
		{"and the other way round", Party{Key: newer, Others: [][]byte{older}}, Party{Key: older, Others: [][]byte{newer}}, Accepted, ""},
		{"one knows the old alone", Party{Key: older}, Party{Key: older, Others: [][]byte{newer}}, Accepted, ""},
		{"which is used no more", Party{Key: older}, Party{Key: newer, Others: [][]byte{older}}, Accepted, roster.CodeDenied},
		{"removed", Party{Key: older}, Party{Key: newer}, BadKey, roster.CodeDenied},
		{"foreign", Party{Key: third}, Party{Key: newer, Others: [][]byte{older}}, BadKey, roster.CodeDenied},
	} {
		test.dialer.Cluster, test.acceptor.Cluster = "c", "c"
		_, dialErr, _, v, err := shake(t, test.dialer, test.acceptor, Version)
		if v != test.want || err != nil || roster.CodeOf(dialErr) != test.code {
			t.Errorf("%s: verdict %v, %v; dialer %v", test.name, v, err, dialErr)
		}
	}
}

func TestOlder(t *testing.T) {
	_, err, _, v, _ := shake(t, Party{Cluster: "c", Key: testKey}, Party{Cluster: "c", Key: testKey}, Version+1)
	if v != BadVersion || !Older(err) || roster.CodeOf(err) != roster.CodeConflict {
		t.Errorf("a later version: %v, %v", v, err)
	}
	if Older(errors.New("x")) || Older(BadKey.refusal("", "")) {
		t.Error("another refusal counts as one of the version")
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func contains(s string, words ...string) bool {
	for _, w := range words {
		if !bytes.Contains([]byte(s), []byte(w)) {
			return false
		}
	}
	return true
}

func FuzzReadHello(f *testing.F) {
	f.Add(Hello{version: Version, Lane: laneRaft, Node: "n1-00000001", cluster: "prod", ClusterID: "0123"}.append(nil))
	f.Add(Hello{version: VersionBefore, Lane: laneRaft, Node: "n1-00000001", cluster: "prod"}.append(nil))
	f.Add([]byte("GET / HTTP/1.1\r\n"))
	f.Add([]byte("ROST\x03"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := readHello(bytes.NewReader(b))
		if err != nil {
			return
		}
		if again := h.append(nil); !bytes.HasPrefix(b, again) {
			t.Fatalf("%q is read as %+v", b, h)
		}
	})
}

func FuzzReadChallenge(f *testing.F) {
	f.Add(challenge{node: "n1-00000001", clusterID: "0123"}.append(nil, Hello{version: Version}))
	f.Fuzz(func(t *testing.T, b []byte) {
		h := Hello{version: Version}
		c, err := readChallenge(bytes.NewReader(b), h)
		if err == nil && !bytes.HasPrefix(b, c.append(nil, h)) {
			t.Fatalf("%q is read as %+v", b, c)
		}
	})
}

// Each part of what is proved changes the proof, and no side's proof serves the other.
func TestProofsCoverEverything(t *testing.T) {
	key := bytes.Repeat([]byte{1}, keyBytes)
	h := Hello{version: Version, Lane: laneRaft, Node: "a", cluster: "c"}
	c := challenge{node: "b"}
	proofs := map[string]string{"base": string(proof(key, dialLabel, h, c))}
	add := func(name string, key []byte, label string, h Hello, c challenge) {
		p := string(proof(key, label, h, c))
		for other, q := range proofs {
			if p == q {
				t.Errorf("%s and %s have the same proof", name, other)
			}
		}
		proofs[name] = p
	}
	add("key", bytes.Repeat([]byte{2}, keyBytes), dialLabel, h, c)
	add("side", key, acceptLabel, h, c)
	changed := h
	changed.Lane = laneCall
	add("lane", key, dialLabel, changed, c)
	changed = h
	changed.nonce[31]++
	add("nonce", key, dialLabel, changed, c)
	changed = h
	changed.Node = "x"
	add("node", key, dialLabel, changed, c)
	changed = h
	changed.ClusterID = "x"
	add("cluster id", key, dialLabel, changed, c)
	changed = h
	changed.version = VersionBefore
	add("version", key, dialLabel, changed, c)
	other := c
	other.nonce[0]++
	add("challenge", key, dialLabel, h, other)
	other = c
	other.node = "x"
	add("acceptor", key, dialLabel, h, other)
	other = c
	other.clusterID = "x"
	add("acceptor's cluster id", key, dialLabel, h, other)
}
