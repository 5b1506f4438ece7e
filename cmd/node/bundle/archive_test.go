package bundle

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"roster"
	"roster/cmd/node/survey/sight"
)

// TestArchiveIsBounded: what does not fit, and what could not be had, is missing by name.
func TestArchiveIsBounded(t *testing.T) {
	var out bytes.Buffer
	a := newArchive(&out, "r", time.Unix(0, 0))
	a.left = 100
	for name, body := range map[string][]byte{"big": make([]byte, 101), "huge": make([]byte, fileBytesMax+1)} {
		if err := a.add(name, body, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.add("refused", nil, errors.New("403\nForbidden")); err != nil {
		t.Fatal(err)
	}
	if err := a.add("small", make([]byte, 60), nil); err != nil || a.left != 40 {
		t.Errorf("%d bytes are left, %v", a.left, err)
	}
	slices.Sort(a.missing)
	want := []string{"big: it has 101 bytes, and there is room for 100", "huge: it has 8388609 bytes, and there is room for 100", "refused: 403 Forbidden"}
	if !slices.Equal(a.missing, want) {
		t.Errorf("missing %q, want %q", a.missing, want)
	}
}

// TestFoldersStayInside: a node that calls itself by a path does not lead out of the bundle.
func TestFoldersStayInside(t *testing.T) {
	for id, want := range map[string]string{"n1-00ff": "nodes/n1-00ff", "../../etc/x": "nodes/______etc_x", "": "nodes/127_0_0_1_7400"} {
		if got := folder(&sight.Node{ID: roster.NodeID(id), Address: "127.0.0.1:7400"}); got != want {
			t.Errorf("%q: %s, want %s", id, got, want)
		}
	}
}
