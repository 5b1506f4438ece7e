package transport

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"roster"
)

func TestFaultsThatAreNoErrorsOfOurs(t *testing.T) {
	for _, test := range []struct {
		err  error
		want roster.Code
	}{
		{errors.New("disk"), roster.CodeInternal},
		{fmt.Errorf("waiting: %w", context.DeadlineExceeded), roster.CodeUnknown},
		{context.Canceled, roster.CodeUnknown},
		{fmt.Errorf("wrapped: %w", roster.Errorf(roster.CodeGone, "x")), roster.CodeGone},
		{roster.Errorf("Later", "of a later version"), roster.CodeInternal},
	} {
		if got := decodeFault(appendFault(nil, faultOf(test.err))); got.Code != test.want {
			t.Errorf("%v arrives as %s; want %s", test.err, got.Code, test.want)
		}
	}
}

func TestLongFaultTextsAreCut(t *testing.T) {
	got := decodeFault(appendFault(nil, roster.Errorf(roster.CodeInvalid, "%s", strings.Repeat("ü", faultTextMax))))
	if got.Code != roster.CodeInvalid || len(got.Detail) != faultTextMax {
		t.Errorf("%s with %d bytes", got.Code, len(got.Detail))
	}
}

func FuzzDecodeFault(f *testing.F) {
	f.Add(appendFault(nil, &roster.Error{Code: roster.CodeMoved, Detail: "d", Field: "f", Position: 1, Status: 2, Shard: 3, Index: 4, RetryAfter: time.Second, Leader: "n"}))
	f.Add([]byte{faultVersion, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		e := decodeFault(b)
		if !e.Code.Known() || e.RetryAfter < 0 || e.Position < 0 || e.Status < 0 {
			t.Fatalf("%q decodes to %#v", b, e)
		}
		if again := decodeFault(appendFault(nil, e)); len(e.Detail) <= faultTextMax && *again != *e {
			t.Fatalf("%#v becomes %#v", e, again)
		}
	})
}

func FuzzReadFrame(f *testing.F) {
	for _, fr := range []frame{{kind: frameRequest, id: 1, method: 2, remainingMS: 3, body: []byte("x")}, {kind: frameAnswer, id: 1 << 60}, {kind: framePing}} {
		f.Add(append(fr.appendHeader(nil), fr.body...))
	}
	f.Add([]byte{byte(frameAnswer), 1, 255, 255, 255, 127})
	f.Add([]byte{byte(frameAnswer), 1, 255, 255, 255, 7}) // 16 MiB promised, none sent
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, err := readFrame(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			return
		}
		again, err := readFrame(bufio.NewReader(bytes.NewReader(append(fr.appendHeader(nil), fr.body...))))
		if err != nil || again.kind != fr.kind || again.id != fr.id || again.method != fr.method || again.remainingMS != fr.remainingMS || !bytes.Equal(again.body, fr.body) {
			t.Fatalf("%+v becomes %+v, %v", fr, again, err)
		}
	})
}

func FuzzReadHello(f *testing.F) {
	f.Add(hello{lane: LaneRaft, node: "n1-00000001", cluster: "prod"}.append(nil))
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
	f.Add(challenge{node: "n1-00000001"}.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := readChallenge(bytes.NewReader(b))
		if err == nil && !bytes.HasPrefix(b, c.append(nil)) {
			t.Fatalf("%q is read as %+v", b, c)
		}
	})
}

// Each part of what is proved changes the proof, and no side's proof serves the other.
func TestProofsCoverEverything(t *testing.T) {
	key := bytes.Repeat([]byte{1}, KeyBytes)
	h := hello{lane: LaneRaft, node: "a", cluster: "c"}
	c := challenge{node: "b"}
	proofs := map[string]string{"base": string(proof(key, dialLabel, h, c))}
	add := func(name string, key []byte, label string, h hello, c challenge) {
		p := string(proof(key, label, h, c))
		for other, q := range proofs {
			if p == q {
				t.Errorf("%s and %s have the same proof", name, other)
			}
		}
		proofs[name] = p
	}
	add("key", bytes.Repeat([]byte{2}, KeyBytes), dialLabel, h, c)
	add("side", key, acceptLabel, h, c)
	changed := h
	changed.lane = LaneCall
	add("lane", key, dialLabel, changed, c)
	changed = h
	changed.nonce[31]++
	add("nonce", key, dialLabel, changed, c)
	changed = h
	changed.node = "x"
	add("node", key, dialLabel, changed, c)
	other := c
	other.nonce[0]++
	add("challenge", key, dialLabel, h, other)
	other = c
	other.node = "x"
	add("acceptor", key, dialLabel, h, other)
}
