package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// lineMax bounds a line, in bytes.
const lineMax = 64 << 10

// ErrTorn is the cause where the last line was cut off, as a crash does.
var ErrTorn = errors.New("the last line is cut off")

// ErrBroken is the cause where a line was changed, taken out or put in.
var ErrBroken = errors.New("the chain is broken")

// Summary is what a log comes to.
type Summary struct {
	Lines int    // whole ones
	Last  string // hash of the last line, whole or not
	Torn  bool   // the last line is cut off, and not among Lines
}

// Verify reads a log to its end and follows its chain. The error has ErrBroken or ErrTorn
// as its cause and says where; the summary is of the lines before.
func Verify(r io.Reader) (Summary, error) {
	s := Summary{Last: first}
	in := bufio.NewReaderSize(r, lineMax)
	torn := false // the line before was, and the next must say so
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case err == io.EOF && len(line) == 0 && torn:
			return s, broken(s.Lines, "it is no record")
		case err == io.EOF && len(line) == 0:
			return s, nil
		case err == io.EOF:
			s.Torn, s.Last = true, hash(line)
			return s, fmt.Errorf("line %d: %w", s.Lines+1, ErrTorn)
		case errors.Is(err, bufio.ErrBufferFull):
			return s, broken(s.Lines+1, "it has more than %d bytes", lineMax)
		case err != nil:
			return s, err
		}
		if torn, err = s.take(bytes.TrimSuffix(line, []byte{'\n'}), torn); err != nil {
			return s, err
		}
	}
}

// take follows the chain to one more line, and reports whether it was cut off.
func (s *Summary) take(line []byte, afterTorn bool) (torn bool, err error) {
	var r Record
	at := s.Lines + 1
	if json.Unmarshal(line, &r) != nil || !r.is(line) {
		if afterTorn {
			return false, broken(s.Lines, "it is no record")
		}
		s.Lines, s.Last = at, hash(line)
		return true, nil // what follows must say that it was
	}
	switch {
	case afterTorn && !r.Torn: // the other way, a line lacked no more than its end
		return false, broken(s.Lines, "it is no record")
	case r.Prev != s.Last:
		return false, broken(at, "it does not follow from the line before")
	case r.Number != uint64(at):
		return false, broken(at, "its number is %d", r.Number)
	}
	s.Lines, s.Last = at, hash(line)
	return false, nil
}

// is reports whether line is how the record is written, to the byte.
func (r Record) is(line []byte) bool {
	again, err := r.line()
	return err == nil && bytes.Equal(again, line)
}

func broken(line int, format string, args ...any) error {
	return fmt.Errorf("line %d: %w: %s", line, ErrBroken, fmt.Sprintf(format, args...))
}
