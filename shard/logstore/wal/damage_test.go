package wal

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"roster/internal/platter"
	"roster/shard/logstore/wal/frontier"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// written makes a log with a few segments and returns what its groups hold, and where in
// which file its last frame ends.
func written(t *testing.T, d *platter.Disk, calls int) (states []state, last string, end int) {
	t.Helper()
	l := begin(t, d, tiny())
	for id := range uint32(actors) {
		a := newActor(id, 7)
		g := openGroup(t, l, id)
		must(t, a.play(g, calls))
		states = append(states, a.now)
	}
	must(t, l.Close())
	return states, segmentName(l.tail().seq), int(l.tail().end.Load())
}

var damageStride = flag.Int("damage.stride", 10, "of about how many bytes TestFlippedBits turns over a bit of one")

// TestFlippedBits turns over bits all over a log that was closed: it does not open, or
// nothing is different.
func TestFlippedBits(t *testing.T) {
	d := platter.New(1)
	want, _, _ := written(t, d, 25)
	names, err := d.FS().List()
	must(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	seen, flips, stride := 0, 0, *damageStride
	if testing.Short() {
		stride = 100
	}
	for _, name := range names {
		content, _ := d.Read(name)
		for i := rng.IntN(stride); i < len(content); i += 1 + rng.IntN(2*stride) {
			bit := int64(i)*8 + rng.Int64N(8)
			flips++
			d.Flip(name, bit)
			copied := d.Clone(uint64(i))
			d.Flip(name, bit)
			if err := compare(copied, want); errors.Is(err, ErrCorrupt) {
				seen++
			} else if err != nil {
				t.Fatalf("%s, bit %d: %v", name, bit, err)
			}
		}
	}
	if seen < flips/10 {
		t.Errorf("%d of %d flips were seen: the log is too empty to say anything", seen, flips)
	}
	t.Logf("%d flips, %d seen, the others harmless", flips, seen)
}

// TestLostEnd loses the end of a log, from more and more places on, as a disk does that
// forgets a sector which it had synced: the log does not open, or nothing is different.
func TestLostEnd(t *testing.T) {
	d := platter.New(1)
	want, last, end := written(t, d, 25)
	content, _ := d.Read(last)
	seen, tried := 0, 0
	for from := end - 1; from > end-lostBytes && from > 0; from-- {
		for bit := range 8 {
			if content[from]>>bit&1 == 1 {
				d.Flip(last, int64(from)*8+int64(bit))
			}
		}
		if from%8 != 0 {
			continue
		}
		tried++
		if err := compare(d.Clone(uint64(from)), want); errors.Is(err, ErrCorrupt) {
			seen++
		} else if err != nil {
			t.Fatalf("lost from %d of %d on: %v", from, end, err)
		}
	}
	if seen < tried/4 {
		t.Errorf("%d of %d losses were seen: the log is too empty to say anything", seen, tried)
	}
}

// lostBytes is how much of the end is lost at most: several frames.
const lostBytes = 1024

func compare(d *platter.Disk, want []state) error {
	l, err := Open(d.FS(), tiny())
	if err != nil {
		return err
	}
	defer l.Close()
	for id := range uint32(actors) {
		if !l.Has(id) {
			return fmt.Errorf("%w: group %d is gone", errWrong, id)
		}
		g, err := l.Group(id)
		if err != nil {
			return err
		}
		got, err := read(g)
		if err != nil {
			return err
		}
		if !got.equal(want[id]) {
			return fmt.Errorf("%w: group %d: got %s want %s", errWrong, id, got, want[id])
		}
	}
	return nil
}

// TestDamageWhileOpen: an entry that went bad under an open log is seen when it is read.
func TestDamageWhileOpen(t *testing.T) {
	d := platter.New(1)
	l := begin(t, d, Options{SegmentBytes: 1 << 16, CacheBytes: 1})
	defer l.Close()
	g := openGroup(t, l, 1)
	must(t, g.StoreLogs(entries(1, 9)))
	content, _ := d.Read(segmentName(1))
	at := bytes.LastIndex(content, []byte("entry"))
	d.Flip(segmentName(1), int64(at)*8)
	var log raft.Log
	if err := g.GetLog(9, &log); !errors.Is(err, ErrCorrupt) {
		t.Errorf("GetLog: %v, want ErrCorrupt", err)
	}
	must(t, g.GetLog(8, &log))
}

// TestGolden holds the format: a log of version 1 has these bytes and reads as this.
func TestGolden(t *testing.T) {
	d := platter.New(1)
	l := begin(t, d, Options{SegmentBytes: 4 << 10, log: 0x0123456789abcdef})
	g := openGroup(t, l, 5)
	must(t, g.Set([]byte("CurrentTerm"), []byte{0, 0, 0, 0, 0, 0, 0, 3}))
	must(t, g.Set([]byte(voteTerm), []byte{0, 0, 0, 0, 0, 0, 0, 3}))
	must(t, g.Set([]byte(voteCandidate), []byte("n1")))
	at := time.Unix(1700000000, 5)
	must(t, g.StoreLogs([]*raft.Log{
		{Index: 1, Term: 3, Type: raft.LogConfiguration, Data: []byte("first"), Extensions: []byte{1, 2}, AppendedAt: at},
		{Index: 2, Term: 3, Data: bytes.Repeat([]byte("second "), 20)},
		{Index: 3, Term: 3, Type: raft.LogNoop},
	}))
	must(t, g.DeleteRange(3, 3))
	other := openGroup(t, l, 6)
	must(t, other.StoreLog(&raft.Log{Index: 9, Term: 1}))
	must(t, other.Close())
	must(t, l.Forget(6))
	must(t, l.Close())

	for _, name := range []string{segmentName(1), segmentName(2), frontier.Name} {
		content, _ := d.Read(name)
		golden := filepath.Join("testdata", "v1-"+name+".hex")
		text := dump(content)
		if *rewrite {
			must(t, os.WriteFile(golden, text, 0o644))
		}
		want, err := os.ReadFile(golden)
		must(t, err)
		if !bytes.Equal(text, want) {
			t.Errorf("%s is now\n%s", name, text)
		}
	}
	l = begin(t, d, Options{SegmentBytes: 4 << 10})
	defer l.Close()
	g = openGroup(t, l, 5)
	var log raft.Log
	must(t, g.GetLog(1, &log))
	if log.Type != raft.LogConfiguration || string(log.Data) != "first" || !bytes.Equal(log.Extensions, []byte{1, 2}) || !log.AppendedAt.Equal(at) || log.Term != 3 {
		t.Errorf("entry 1: %+v", log)
	}
	if last, err := g.LastIndex(); last != 2 || err != nil || l.Has(6) {
		t.Errorf("last %d, %v; group 6 there: %v", last, err, l.Has(6))
	}
}

// dump leaves out lines of zeros.
func dump(content []byte) []byte {
	var out []byte
	for line := range bytes.Lines([]byte(hex.Dump(content))) {
		if !bytes.Contains(line, []byte(strings.Repeat("00 ", 8)+" "+strings.Repeat("00 ", 8))) {
			out = append(out, line...)
		}
	}
	return out
}

// TestNewerVersion: the header says so, and the log stays as it is.
func TestNewerVersion(t *testing.T) {
	d := platter.New(1)
	written(t, d, 5)
	newest := ""
	names, err := d.FS().List()
	must(t, err)
	for _, name := range names {
		if content, _ := d.Read(name); bytes.HasPrefix(content, []byte("ROSTRLOG")) {
			newest = name
		}
	}
	b, _ := d.Read(newest)
	newer := bytes.Clone(b[:44])
	newer[8]++
	binary.LittleEndian.PutUint32(newer[40:], crc32.Checksum(newer[:40], crc32.MakeTable(crc32.Castagnoli)))
	for i := range newer {
		for bit := range 8 {
			if (newer[i]^b[i])>>bit&1 == 1 {
				d.Flip(newest, int64(i*8+bit))
			}
		}
	}
	if _, err := Open(d.FS(), tiny()); err == nil || errors.Is(err, ErrCorrupt) {
		t.Errorf("Open: %v, want that the format is newer", err)
	}
}
