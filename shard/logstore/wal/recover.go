package wal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"roster/shard/logstore/wal/format"
)

// recover finds the segments, reads them through and makes what it found safe: after
// the death of a process, unlike a power cut, the last frame may be whole and yet not
// on the disk.
func (l *Log) recover() error {
	seqs, err := l.list()
	if err != nil {
		return err
	}
	l.rows.Store(&[]*segment{})
	heads, err := l.openAll(seqs)
	if err != nil {
		return unsound(err)
	}
	if err := l.sizeSegments(heads); err != nil {
		return err
	}
	if len(heads) == 0 {
		return unsound(l.begin(seqs))
	}
	r := &replay{log: l, name: heads[0].Log}
	l.name, l.commit.number = heads[0].Log, heads[0].First-1
	if err := l.commit.front.Open(l.fs, l.name); err != nil {
		return unsound(err)
	}
	if err := r.run(*l.rows.Load(), heads); err != nil {
		return unsound(err)
	}
	if err := l.adopt(); err != nil {
		return err
	}
	if err := l.tail().file.Sync(); err != nil {
		return err
	}
	if err := l.fs.Sync(); err != nil {
		return err
	}
	return l.commit.advance()
}

// A new log takes segments of which roomShare fit into what is free.
const (
	roomShare       = 64
	segmentBytesMin = 1 << 20
)

// sizeSegments decides how large segments are where nobody has.
func (l *Log) sizeSegments(heads []format.Header) error {
	size := &l.options.SegmentBytes
	if *size == 0 && len(heads) > 0 {
		*size = int(heads[len(heads)-1].Size)
	}
	if *size == 0 {
		free, err := l.fs.Free()
		if err != nil {
			return err
		}
		for *size = SegmentBytes; *size > segmentBytesMin && int64(*size) > free/roomShare; {
			*size /= 2
		}
	}
	l.options.FlushBytes = min(l.options.FlushBytes, *size/2)
	return nil
}

// unsound says what to do about a log that is not whole.
func unsound(err error) error {
	if !errors.Is(err, ErrCorrupt) {
		return err
	}
	return fmt.Errorf("%w; nothing was changed. If the disk is sound: empty the data directory and start as a new node while the shards' other voters live, or restore a copy of the whole directory", err)
}

// list returns the numbers of the segments, oldest first: the newest ones that are
// numbered without a gap. What is left of segments that were given up comes before a
// gap, and replay finds out whether more than that is missing.
func (l *Log) list() ([]uint32, error) {
	names, err := l.fs.List()
	if err != nil {
		return nil, err
	}
	var seqs []uint32
	for _, name := range names {
		if seq, ok := segmentNumber(name); ok {
			seqs = append(seqs, seq)
		}
	}
	slices.Sort(seqs)
	from := len(seqs) - 1
	for from > 0 && seqs[from-1]+1 == seqs[from] {
		from--
	}
	l.commit.strays = append(l.commit.strays, seqs[:max(from, 0)]...)
	return seqs[max(from, 0):], nil
}

// openAll opens the segments and reads their headers. The newest file may have none
// yet; any other must.
func (l *Log) openAll(seqs []uint32) ([]format.Header, error) {
	var heads []format.Header
	for i, seq := range seqs {
		s := &segment{seq: seq}
		var err error
		if s.file, err = l.fs.Open(segmentName(seq)); err != nil {
			return nil, err
		}
		l.setRows(func(rows []*segment) []*segment { return append(rows, s) }) // closeFiles finds it
		size, err := s.file.Size()
		if err != nil {
			return nil, err
		}
		s.size.Store(size)
		h, ok, err := l.readHeader(s)
		if err != nil {
			return nil, err
		}
		if ok && (h.Seq != seq || i > 0 && h.Log != heads[0].Log) {
			ok = false // an older life of the file, or not ours
		}
		if ok && size < int64(h.Size) {
			return nil, fmt.Errorf("%w: %s is cut off: %d bytes of %d", ErrCorrupt, l.fs.Path(segmentName(seq)), size, h.Size)
		}
		if ok {
			s.seed = format.Seed(h.Log, seq)
			heads = append(heads, h)
		} else if i+1 < len(seqs) {
			return nil, fmt.Errorf("%w: the header of %s is damaged", ErrCorrupt, l.fs.Path(segmentName(seq)))
		}
	}
	return heads, nil
}

func (l *Log) readHeader(s *segment) (format.Header, bool, error) {
	if s.size.Load() < format.Sector {
		return format.Header{}, false, nil
	}
	b := make([]byte, format.Sector)
	if _, err := s.file.ReadAt(b, 0); err != nil {
		return format.Header{}, false, err
	}
	h, ok, err := format.DecodeHeader(b)
	if err != nil {
		err = fmt.Errorf("%s: %w", l.fs.Path(segmentName(s.seq)), err)
	}
	return h, ok, err
}

// begin makes the first segment of a new log, with its header, before anybody hears of
// the log. What a crash has left of that is made again; anything else is not a new log.
func (l *Log) begin(left []uint32) error {
	if l.options.Begun || len(l.commit.strays) > 0 || len(left) > 1 || len(left) == 1 && left[0] != 1 {
		return fmt.Errorf("%w: the log in %s is gone", ErrCorrupt, l.fs.Path(""))
	}
	if len(left) == 1 {
		if err := l.blank((*l.rows.Load())[0]); err != nil {
			return err
		}
		if err := (*l.rows.Load())[0].file.Close(); err != nil {
			return err
		}
		l.rows.Store(&[]*segment{})
	}
	if l.name = l.options.log; l.name == 0 {
		var b [8]byte
		if _, err := rand.Read(b[:]); err != nil {
			return err
		}
		l.name = binary.LittleEndian.Uint64(b[:])
	}
	if err := l.commit.front.Create(l.fs, l.name); err != nil {
		return err
	}
	s, err := l.segmentToCome(1)
	if err != nil {
		return err
	}
	l.rows.Store(&[]*segment{s})
	l.commit.low = 1
	s.end.Store(format.Sector)
	_, err = s.file.WriteAt(format.Header{Log: l.name, Seq: 1, First: 1, Size: uint64(s.size.Load())}.Encode(), 0)
	return errors.Join(err, s.file.Sync())
}

// blank returns an error unless a file holds only zeros, as one that was just made.
func (l *Log) blank(s *segment) error {
	b := make([]byte, blankBytes)
	for off := int64(0); off < s.size.Load(); off += blankBytes {
		b = b[:min(blankBytes, s.size.Load()-off)]
		if _, err := s.file.ReadAt(b, off); err != nil {
			return err
		}
		if slices.ContainsFunc(b, func(c byte) bool { return c != 0 }) {
			return fmt.Errorf("%w: the header of %s is damaged", ErrCorrupt, l.fs.Path(segmentName(s.seq)))
		}
	}
	return nil
}

// adopt sorts the files into what holds the log, what is ready to be written, and what
// is left over.
func (l *Log) adopt() error {
	rows := slices.Clone(*l.rows.Load())
	if newest := rows[len(rows)-1]; len(rows) > 1 && newest.end.Load() <= format.Sector { // its first frame was never safe
		rows = rows[:len(rows)-1]
		l.rows.Store(&rows)
		if err := newest.file.Close(); err != nil {
			return err
		}
		if err := l.fs.Remove(segmentName(newest.seq)); err != nil {
			return err
		}
	}
	for _, seq := range l.commit.strays {
		if err := l.fs.Remove(segmentName(seq)); err != nil {
			return err
		}
	}
	l.commit.strays = nil
	return nil
}
