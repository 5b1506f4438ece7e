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
