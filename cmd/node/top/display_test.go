package top

import (
	"bytes"
	"context"
	"testing"
)

// TestFramesReplaceOneAnother on a terminal, and follow one another elsewhere.
func TestFramesReplaceOneAnother(t *testing.T) {
	for live, want := range map[bool]string{
		true:  home + "a" + lineEnd + "b" + lineEnd + below + home + "c" + lineEnd + below + leave,
		false: "a\nb\n\nc\n",
	} {
		var out bytes.Buffer
		d := &display{out: &out, live: live, cancel: func() {}}
		for _, frame := range []string{"a\nb\n", "c\n"} {
			if err := d.show([]byte(frame)); err != nil {
				t.Error(err)
			}
		}
		d.close()
		if out.String() != want {
			t.Errorf("live %v: %q, want %q", live, out.String(), want)
		}
	}
	var out bytes.Buffer
	if d, ctx := open(context.Background(), &out, false); d.live || ctx.Err() != nil || out.Len() != 0 {
		t.Errorf("a pipe is no terminal: %+v, %q", d, out.String())
	}
}
