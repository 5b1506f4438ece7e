package intake

import (
	"io"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"roster/cmd/node/screen"
)

// Progress is a bar; without a terminal or a known length it is
// nothing.
type Progress struct {
	container *mpb.Progress
	bar       *mpb.Bar
}

// NewProgress returns a bar for size bytes to be read; size 0 is not known.
func NewProgress(w io.Writer, size int64) Progress {
	if size == 0 || !screen.IsTerminal(w) {
		return Progress{}
	}
	container := mpb.New(mpb.WithOutput(w), mpb.WithWidth(64))
	bar := container.AddBar(size, mpb.PrependDecorators(decor.Name("import ")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name(" "), decor.CountersKibiByte("% .0f / % .0f")))
	return Progress{container, bar}
}

// Reader counts what is read of in.
func (p Progress) Reader(in io.Reader) io.Reader {
	if p.bar == nil {
		return in
	}
	return p.bar.ProxyReader(in)
}

// Finish ends the bar: full, or where it stands.
func (p Progress) Finish(whole bool) {
	if p.bar == nil {
		return
	}
	if whole {
		p.bar.SetTotal(-1, true)
	} else {
		p.bar.Abort(false)
	}
	p.container.Wait()
}
