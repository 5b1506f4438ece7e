package intake

import (
	"bufio"
	"bytes"
	"io"
	"iter"
)

// LineBytesMax bounds one line of an import: the longest agent, with escapes.
const LineBytesMax = 1 << 20

// line is one line that is not blank.
type line struct {
	number int
	text   []byte // valid until the next line
	long   bool   // longer than LineBytesMax: text is not all of it
}

// readLines yields the lines of in. A line that is too long is passed over in the
// memory of one that is not.
func readLines(in io.Reader) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		r := bufio.NewReaderSize(in, 64<<10)
		var text []byte
		l := line{number: 1}
		for {
			part, err := r.ReadSlice('\n')
			if l.long = l.long || len(text)+len(part) > LineBytesMax; !l.long {
				text = append(text, part...)
			}
			if err == bufio.ErrBufferFull {
				continue
			}
			if err != nil && err != io.EOF {
				yield(l, err)
				return
			}
			if l.text = bytes.TrimSpace(text); (l.long || len(l.text) > 0) && !yield(l, nil) {
				return
			}
			if err == io.EOF {
				return
			}
			l, text = line{number: l.number + 1}, text[:0]
		}
	}
}
