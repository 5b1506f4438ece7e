package platter

import (
	"io"
	"io/fs"
	"maps"
	"slices"

	"roster/shard/logstore/disk"
)

// directory is the disk's directory in one life of the machine.
type directory struct {
	disk *Disk
	life int
}

var _ disk.FS = (*directory)(nil)

func (v *directory) Path(name string) string { return "platter/" + name }

func (v *directory) List() ([]string, error) {
	d := v.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.call(v.life, "list", false); err != nil {
		return nil, err
	}
	return sortedNames(d.mu.names), nil
}

func (v *directory) Open(name string) (disk.File, error) {
	d := v.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.call(v.life, "open "+name, false); err != nil {
		return nil, err
	}
	f, ok := d.mu.names[name]
	if !ok {
		return nil, missing(name)
	}
	return &handle{directory: v, name: name, inode: f}, nil
}

func (v *directory) Create(name string, size int64) (disk.File, error) {
	f := &inode{seen: make([]byte, size), dirty: map[int64]bool{}}
	for s := range (size + Sector - 1) / Sector {
		f.dirty[s] = true
	}
	err := v.change("create "+name, change{name: name, to: f}, nil)
	if err != nil {
		return nil, err
	}
	v.disk.mu.Lock()
	v.disk.mu.made++
	v.disk.mu.Unlock()
	return &handle{directory: v, name: name, inode: f}, nil
}

func (v *directory) Rename(from, to string) error {
	return v.change("rename "+from+" "+to, change{from: from, name: to}, &from)
}

func (v *directory) Remove(name string) error {
	return v.change("remove "+name, change{name: name}, &name)
}

// change changes a name, as it is seen; existing must be there.
func (v *directory) change(what string, c change, existing *string) error {
	d := v.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	partly, err := d.call(v.life, what, true)
	if err != nil && (!partly || d.mu.rng.IntN(2) == 0) {
		return err
	}
	if existing != nil {
		f, ok := d.mu.names[*existing]
		if !ok {
			return missing(*existing)
		}
		if c.from != "" {
			c.to = f
		}
	}
	c.apply(d.mu.names)
	d.mu.pending = append(d.mu.pending, c)
	return err
}

func (v *directory) Sync() error {
	d := v.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.call(v.life, "sync names", true); err != nil {
		return err
	}
	for _, c := range d.mu.pending {
		c.apply(d.mu.safe)
	}
	d.mu.pending = nil
	return nil
}

// Free returns that there is room: FailAt says when there is not.
func (v *directory) Free() (int64, error) { return 1 << 40, nil }

func (v *directory) Lock() (io.Closer, error) {
	d := v.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.call(v.life, "lock", false); err != nil {
		return nil, err
	}
	if d.mu.locked {
		return nil, disk.ErrInUse
	}
	d.mu.locked = true
	return unlock{v}, nil
}

type unlock struct{ *directory }

func (u unlock) Close() error {
	d := u.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if u.life == d.mu.life {
		d.mu.locked = false
	}
	return nil
}

// handle is an open file.
type handle struct {
	*directory
	name   string
	inode  *inode
	closed bool // guarded by the disk's lock
}

var _ disk.File = (*handle)(nil)

func (h *handle) Close() error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.closed {
		return fs.ErrClosed
	}
	h.closed = true
	return nil
}

func (h *handle) call(what string, changes bool) (partly bool, err error) {
	if h.closed {
		return false, fs.ErrClosed
	}
	return h.disk.call(h.life, what+" "+h.name, changes)
}

func (h *handle) ReadAt(b []byte, off int64) (int, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if _, err := h.call("read", false); err != nil {
		return 0, err
	}
	if off >= int64(len(h.inode.seen)) {
		return 0, io.EOF
	}
	n := copy(b, h.inode.seen[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (h *handle) WriteAt(b []byte, off int64) (int, error) {
	d := h.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	partly, err := h.call("write", true)
	if err != nil && !partly {
		return 0, err
	}
	if err != nil {
		b = b[:d.mu.rng.IntN(len(b)+1)]
	}
	f := h.inode
	if grow := off + int64(len(b)) - int64(len(f.seen)); grow > 0 {
		f.seen = append(f.seen, make([]byte, grow)...)
	}
	copy(f.seen[off:], b)
	for s := off / Sector; s*Sector < off+int64(len(b)); s++ {
		f.dirty[s] = true
	}
	return len(b), err
}

func (h *handle) Sync() error {
	d := h.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if gate := d.mu.stall; gate != nil {
		d.mu.Unlock()
		<-gate
		d.mu.Lock()
	}
	partly, err := h.call("sync", true)
	if err != nil && !partly {
		return err
	}
	for _, s := range slices.Sorted(maps.Keys(h.inode.dirty)) {
		if err == nil || d.mu.rng.IntN(2) == 0 {
			h.inode.settle(s)
		}
	}
	switch {
	case err == nil:
		h.inode.dirty = map[int64]bool{}
		h.inode.size()
	case !d.mu.off:
		h.inode.dirty = map[int64]bool{} // the system believes that they are written
	}
	return err
}

// size makes the size safe.
func (f *inode) size() {
	if grow := len(f.seen) - len(f.safe); grow > 0 {
		f.safe = append(f.safe, make([]byte, grow)...)
	}
}

func (h *handle) Size() (int64, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if _, err := h.call("size", false); err != nil {
		return 0, err
	}
	return int64(len(h.inode.seen)), nil
}
