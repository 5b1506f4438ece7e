package platter

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"

	"roster/shard/logstore/disk"
)

// Sector is what is written as a whole or not at all.
const Sector = 512

// ErrPower is the error of every call after the power was cut or the process killed.
var ErrPower = errors.New("the machine is off")

// Disk is one disk with one directory. It is safe for concurrent use.
type Disk struct {
	mu struct {
		sync.Mutex
		rng     *rand.Rand
		names   map[string]*inode // as seen
		safe    map[string]*inode // as after a power cut
		pending []change          // of names, not yet safe
		life    int               // of the machine: what an older one opened is dead
		off     bool
		locked  bool
		calls   int
		made    int
		cutAt   int
		failAt  int
		failure error
		after   []string // calls after the failure
		failed  string
		stall   chan struct{}
	}
}

// inode is a file. Sectors that differ from what is safe are dirty.
type inode struct {
	seen, safe []byte
	dirty      map[int64]bool
}

// change is a name that points elsewhere; to is nil where it went.
type change struct {
	from, name string // from: the name that goes with it
	to         *inode
}

// New returns an empty disk. The seed decides what power cuts leave.
func New(seed uint64) *Disk {
	d := &Disk{}
	d.mu.rng = rand.New(rand.NewPCG(seed, 0x706c6174746572))
	d.mu.names, d.mu.safe = map[string]*inode{}, map[string]*inode{}
	return d
}

// FS returns the directory, for one life of the machine.
func (d *Disk) FS() disk.FS {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &directory{d, d.mu.life}
}

// Calls returns how many calls there were that change or read something.
func (d *Disk) Calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mu.calls
}

// Made returns how many files were created.
func (d *Disk) Made() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mu.made
}

// CutAt turns the machine off in the middle of the n-th call from now; 1 is the next.
// A call to PowerCut must follow.
func (d *Disk) CutAt(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mu.cutAt = d.mu.calls + n
}

// FailAt lets the n-th call from now fail with err. A write may have written a part, a
// sync loses what it should have made safe. Later calls work.
func (d *Disk) FailAt(n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mu.failAt, d.mu.failure, d.mu.failed, d.mu.after = d.mu.calls+n, err, "", nil
}

// Failed returns the call that FailAt let fail, "" if it has not come, and the changing
// calls after it: a verb and a name.
func (d *Disk) Failed() (call string, after []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mu.failed, slices.Clone(d.mu.after)
}

// Stall makes every sync of a file hang until release is called.
func (d *Disk) Stall() (release func()) {
	gate := make(chan struct{})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mu.stall = gate
	return sync.OnceFunc(func() {
		d.mu.Lock()
		d.mu.stall = nil
		d.mu.Unlock()
		close(gate)
	})
}

// Flip turns over one bit of a file, on the disk itself.
func (d *Disk) Flip(name string, bit int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.mu.names[name]
	f.seen[bit/8] ^= 1 << (bit % 8)
	if bit/8 < int64(len(f.safe)) {
		f.safe[bit/8] ^= 1 << (bit % 8)
	}
}

// Read returns a copy of a file as it is seen, and false if there is none.
func (d *Disk) Read(name string) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, ok := d.mu.names[name]
	if !ok {
		return nil, false
	}
	return slices.Clone(f.seen), true
}

// Used returns the bytes of all files.
func (d *Disk) Used() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	var n int64
	for _, f := range d.mu.names { // order-free: a sum
		n += int64(len(f.seen))
	}
	return n
}

// Kill ends the process: what it had open is dead, what it wrote is seen by the next.
func (d *Disk) Kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nextLife()
}

// PowerCut ends the process and leaves what was safe, and some of what was not.
func (d *Disk) PowerCut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cutNames()
	seen := map[*inode]bool{}
	for _, name := range sortedNames(d.mu.safe) {
		if f := d.mu.safe[name]; !seen[f] {
			seen[f] = true
			f.cut(d.mu.rng)
		}
	}
	d.mu.names = maps.Clone(d.mu.safe)
	d.mu.pending = nil
	d.nextLife()
}

func (d *Disk) nextLife() {
	d.mu.life++
	d.mu.off, d.mu.locked, d.mu.cutAt, d.mu.failAt = false, false, 0, 0
}

func sortedNames(m map[string]*inode) []string { return slices.Sorted(maps.Keys(m)) }

// cutNames makes some changes of names safe: the first few, as a journal would, or any.
func (d *Disk) cutNames() {
	journal := d.mu.rng.IntN(2) == 0
	upto := d.mu.rng.IntN(len(d.mu.pending) + 1)
	for i, c := range d.mu.pending {
		if journal && i < upto || !journal && d.mu.rng.IntN(2) == 0 {
			c.apply(d.mu.safe)
		}
	}
}

func (c change) apply(names map[string]*inode) {
	if c.from != "" {
		if names[c.from] != c.to {
			return // the file itself never became safe under that name
		}
		delete(names, c.from)
	}
	if c.to == nil {
		delete(names, c.name)
	} else {
		names[c.name] = c.to
	}
}

// cut keeps some dirty sectors: none, all, the first few, or any.
func (f *inode) cut(rng *rand.Rand) {
	dirty := slices.Sorted(maps.Keys(f.dirty))
	mode, upto := rng.IntN(4), 0
	if len(dirty) > 0 {
		upto = rng.IntN(len(dirty) + 1)
	}
	for i, s := range dirty {
		if mode == 1 || mode == 2 && i < upto || mode == 3 && rng.IntN(2) == 0 {
			f.settle(s)
		}
	}
	f.seen, f.dirty = slices.Clone(f.safe), map[int64]bool{}
}

// settle makes one sector safe.
func (f *inode) settle(s int64) {
	from, to := s*Sector, min((s+1)*Sector, int64(len(f.seen)))
	if grow := to - int64(len(f.safe)); grow > 0 {
		f.safe = append(f.safe, make([]byte, grow)...)
	}
	copy(f.safe[from:to], f.seen[from:to])
}

// call counts a call and says how it ends. The lock is held. A call that is cut or
// fails may still do a part of its work.
func (d *Disk) call(life int, what string, changes bool) (partly bool, err error) {
	if life != d.mu.life || d.mu.off {
		return false, fmt.Errorf("%s: %w", what, ErrPower)
	}
	d.mu.calls++
	switch d.mu.calls {
	case d.mu.cutAt:
		d.mu.off = true
		return true, fmt.Errorf("%s: %w", what, ErrPower)
	case d.mu.failAt:
		d.mu.failed = what
		return true, fmt.Errorf("%s: %w", what, d.mu.failure)
	}
	if d.mu.failed != "" && changes {
		d.mu.after = append(d.mu.after, what)
	}
	return false, nil
}

var _ io.Closer = (*handle)(nil)

func missing(name string) error { return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist} }

// Clone returns a disk with the same files, all of it safe, and a seed of its own.
func (d *Disk) Clone(seed uint64) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := New(seed)
	for _, name := range sortedNames(d.mu.names) {
		f := &inode{seen: slices.Clone(d.mu.names[name].seen), safe: slices.Clone(d.mu.names[name].seen), dirty: map[int64]bool{}}
		c.mu.names[name], c.mu.safe[name] = f, f
	}
	return c
}
