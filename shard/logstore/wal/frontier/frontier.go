package frontier

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"

	"roster/shard/logstore/disk"
	"roster/shard/logstore/wal/format"
)

// Name is the name of the file.
const Name = "frontier"

// slot  crc u32  log u64  frame u64, zeros up to the sector
const slotBytes = 20

var table = crc32.MakeTable(crc32.Castagnoli)

// Frontier is an open frontier. One goroutine at a time may use it.
type Frontier struct {
	file   disk.File
	log    uint64
	turn   int64
	number uint64
}

// Open reads the frontier of a log. The error is format.ErrCorrupt when it is missing or
// damaged.
func (f *Frontier) Open(d disk.FS, log uint64) error {
	file, err := d.Open(Name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s is missing", format.ErrCorrupt, d.Path(Name))
	}
	if err != nil {
		return err
	}
	f.file, f.log = file, log
	size, err := file.Size()
	if err != nil {
		return err
	}
	b := make([]byte, 2*format.Sector)
	if size < int64(len(b)) {
		return fmt.Errorf("%w: %s is cut off", format.ErrCorrupt, d.Path(Name))
	}
	if _, err := file.ReadAt(b, 0); err != nil {
		return err
	}
	found := false
	for turn := range int64(2) {
		slot := b[turn*format.Sector:][:slotBytes]
		if binary.LittleEndian.Uint32(slot) != crc32.Checksum(slot[4:], table) || binary.LittleEndian.Uint64(slot[4:]) != log {
			continue
		}
		if n := binary.LittleEndian.Uint64(slot[12:]); !found || n > f.number {
			found, f.number, f.turn = true, n, turn
		}
	}
	if !found {
		return fmt.Errorf("%w: %s is damaged", format.ErrCorrupt, d.Path(Name))
	}
	return nil
}

// Create begins the frontier of a new log.
func (f *Frontier) Create(d disk.FS, log uint64) error {
	f.log = log
	var err error
	if f.file, err = d.Create(Name, 2*format.Sector); err != nil {
		return err
	}
	if err := f.write(0); err != nil {
		return err
	}
	return d.Sync()
}

// Number returns the frame that it names.
func (f *Frontier) Number() uint64 { return f.number }

// Set moves the frontier to a frame that is safe.
func (f *Frontier) Set(number uint64) error {
	if number <= f.number {
		return nil
	}
	return f.write(number)
}

func (f *Frontier) write(number uint64) error {
	slot := make([]byte, format.Sector)
	binary.LittleEndian.PutUint64(slot[4:], f.log)
	binary.LittleEndian.PutUint64(slot[12:], number)
	binary.LittleEndian.PutUint32(slot, crc32.Checksum(slot[4:slotBytes], table))
	f.turn, f.number = 1-f.turn, number
	if _, err := f.file.WriteAt(slot, f.turn*format.Sector); err != nil {
		return err
	}
	return f.file.Sync()
}

// Close closes the file, if there is one.
func (f *Frontier) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}
