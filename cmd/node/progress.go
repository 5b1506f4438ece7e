package main

import (
	"io"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress is a bar on the error output; without a terminal or a known length it is
// nothing.
type progress struct {
	container *mpb.Progress
	bar       *mpb.Bar
}

func newProgress(a *app, size int64) progress {
	if size == 0 || !isTerminal(a.Stderr) {
		return progress{}
	}
	container := mpb.New(mpb.WithOutput(a.Stderr), mpb.WithWidth(64))
	bar := container.AddBar(size, mpb.PrependDecorators(decor.Name("import ")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name(" "), decor.CountersKibiByte("% .0f / % .0f")))
	return progress{container, bar}
}

// reader counts what is read of in.
func (p progress) reader(in io.Reader) io.Reader {
	if p.bar == nil {
		return in
	}
	return p.bar.ProxyReader(in)
}

// finish ends the bar: full, or where it stands.
func (p progress) finish(whole bool) {
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
