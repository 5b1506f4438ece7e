package top

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"roster/cmd/node/screen"
)

// What a terminal is told: to show another screen without a cursor, and to go back.
const (
	enter   = "\x1b[?1049h\x1b[?25l\x1b[?7l"
	leave   = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	home    = "\x1b[H"
	lineEnd = "\x1b[K\r\n"
	below   = "\x1b[J"
)

// display is where frames go: over one another on a terminal, after one another elsewhere.
type display struct {
	out    io.Writer
	live   bool // out is a terminal of which the whole screen is used
	shown  bool
	keys   *os.File // the terminal's keyboard; nil: none is read
	before *term.State
	cancel context.CancelFunc
	reader sync.WaitGroup
}

// open makes a display. The context that it returns ends when the user asks for the end.
func open(ctx context.Context, out io.Writer, once bool) (*display, context.Context) {
	d := &display{out: out, live: screen.IsTerminal(out) && !once}
	if !d.live {
		return d, ctx
	}
	ctx, d.cancel = context.WithCancel(ctx)
	d.listen(d.cancel)
	_, _ = io.WriteString(out, enter) // what cannot be shown shows at the first frame
	return d, ctx
}

// listen reads keys, one by one, without showing them; quit is called for q and Ctrl-C.
// Where there is no keyboard to read, Ctrl-C is the signal that it always was.
func (d *display) listen(quit func()) {
	keys, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return
	}
	d.keys = keys
	d.onKeyboard(func(fd int) { d.before, err = term.MakeRaw(fd) })
	if err != nil || d.before == nil {
		return
	}
	d.reader.Go(func() {
		key := make([]byte, 1)
		for {
			if _, err := keys.Read(key); err != nil {
				return // it was closed
			}
			if key[0] == 'q' || key[0] == 'Q' || key[0] == 3 {
				quit()
			}
		}
	})
}

// onKeyboard hands the descriptor to f in a way that leaves reads cancellable.
func (d *display) onKeyboard(f func(fd int)) {
	if raw, err := d.keys.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) }) // fails only when it is closed
	}
}

// close gives the terminal back.
func (d *display) close() {
	if !d.live {
		return
	}
	defer d.cancel()
	_, _ = io.WriteString(d.out, leave)
	if d.keys == nil {
		return
	}
	if d.before != nil {
		d.onKeyboard(func(fd int) { _ = term.Restore(fd, d.before) })
	}
	_ = d.keys.Close()
	d.reader.Wait()
}

// show puts a frame where the last one was.
func (d *display) show(frame []byte) error {
	if !d.live {
		if d.shown {
			frame = append([]byte("\n"), frame...)
		}
		d.shown = true
		_, err := d.out.Write(frame)
		return err
	}
	var b bytes.Buffer
	b.WriteString(home)
	for i, line := range bytes.Split(bytes.TrimRight(frame, "\n"), []byte("\n")) {
		if i+1 >= d.height() {
			break
		}
		b.Write(line)
		b.WriteString(lineEnd)
	}
	b.WriteString(below)
	_, err := d.out.Write(b.Bytes())
	return err
}

// height is how many lines the terminal has.
func (d *display) height() int {
	const unknown = 1 << 10
	f, ok := d.out.(*os.File)
	if !ok {
		return unknown
	}
	_, lines, err := term.GetSize(int(f.Fd()))
	if err != nil || lines == 0 {
		return unknown
	}
	return lines
}
