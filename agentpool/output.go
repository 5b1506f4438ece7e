package agentpool

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"roster"
)

// OutputBytesMax bounds the file of an agent's output; one older file is kept beside it.
const OutputBytesMax = 1 << 20

// Outputs keeps what agents print, a file for each in a directory.
type Outputs struct{ Dir string }

// Open appends to the file of an agent.
func (o Outputs) Open(a Agent) (io.WriteCloser, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	f := &output{name: o.file(a.ID)}
	return f, f.open()
}

func (o Outputs) file(id roster.AgentID) string {
	return filepath.Join(o.Dir, strings.ReplaceAll(string(id), "/", "_")+".log")
}

// Tail returns the last bytes of what an agent has printed here, at most so many, beginning
// with a whole line where it can. NotFound when it has printed nothing.
func (o Outputs) Tail(id roster.AgentID, most int) ([]byte, error) {
	var all []byte
	for _, name := range []string{o.file(id) + ".old", o.file(id)} {
		b, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		all = append(all, b...)
	}
	if all == nil {
		return nil, roster.Errorf(roster.CodeNotFound, "%s has printed nothing on this node", id)
	}
	if len(all) <= most {
		return all, nil
	}
	all = all[len(all)-most:]
	if i := bytes.IndexByte(all, '\n'); i >= 0 && i+1 < len(all) {
		all = all[i+1:]
	}
	return all, nil
}

// output is one file, which is begun anew when it is full.
type output struct {
	name string
	mu   struct {
		sync.Mutex
		file *os.File
		size int64
	}
}

func (f *output) open() error {
	file, err := os.OpenFile(f.name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	at, err := file.Seek(0, io.SeekEnd)
	f.mu.file, f.mu.size = file, at
	return err
}

// Write appends. What cannot be written is lost, and the agent goes on: its disk is none of
// its business.
func (f *output) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mu.size+int64(len(b)) > OutputBytesMax && f.mu.size > 0 {
		f.turn()
	}
	n, _ := f.mu.file.Write(b)
	f.mu.size += int64(n)
	return len(b), nil
}

// turn puts the full file aside and begins another.
func (f *output) turn() {
	_ = f.mu.file.Close()
	_ = os.Rename(f.name, f.name+".old")
	if err := f.open(); err != nil {
		f.mu.file, f.mu.size = nil, 0 // writes to a nil file fail, and are lost
	}
}

// Close closes the file.
func (f *output) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.file.Close()
}
