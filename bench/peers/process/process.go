package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// stopWithin is how long a process that was asked to end may take before it is killed.
const stopWithin = 10 * time.Second

// logTailMax bounds how much of a process's output an error shows.
const logTailMax = 2000

// Site is a directory and the processes that were started in it.
type Site struct {
	Dir   string
	start chan func()
	ended chan struct{}
	mu    struct {
		sync.Mutex
		processes []*Process
		runs      int
	}
}

// NewSite returns a site in dir, which must exist.
func NewSite(dir string) *Site {
	s := &Site{Dir: dir, start: make(chan func()), ended: make(chan struct{})}
	go s.run()
	return s
}

// run starts the processes from one thread that lives as long as the site: the kernel
// kills a child with Pdeathsig when the thread that made it ends, not the process.
func (s *Site) run() {
	defer close(s.ended)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for f := range s.start {
		f()
	}
}

// Close kills what still runs. The site starts nothing after it.
func (s *Site) Close() {
	s.mu.Lock()
	processes := s.mu.processes
	s.mu.processes = nil
	s.mu.Unlock()
	for _, p := range processes {
		p.Kill()
	}
	close(s.start)
	<-s.ended
}

// Process is one run of a program.
type Process struct {
	Name  string
	log   string
	cmd   *exec.Cmd
	ended chan struct{} // closed when it is reaped
}

// Start runs binary, with its output in a file of the site.
func (s *Site) Start(name, binary string, args ...string) (*Process, error) {
	s.mu.Lock()
	s.mu.runs++
	log := filepath.Join(s.Dir, fmt.Sprintf("%s.%d.log", name, s.mu.runs))
	s.mu.Unlock()
	p := &Process{Name: name, log: log, cmd: exec.Command(binary, args...), ended: make(chan struct{})}
	p.cmd.Dir = s.Dir
	// A group of its own: Ctrl-C on a terminal goes to the run alone, which then ends its servers.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := s.launch(p); err != nil {
		return nil, fmt.Errorf("process %s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.processes = append(s.mu.processes, p)
	return p, nil
}

func (s *Site) launch(p *Process) error {
	output, err := os.Create(p.log)
	if err != nil {
		return err
	}
	defer output.Close() // the process keeps its own
	p.cmd.Stdout, p.cmd.Stderr = output, output
	started := make(chan error)
	s.start <- func() { started <- p.cmd.Start() }
	if err := <-started; err != nil {
		return err
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // what it came to is in ProcessState
	}()
	return nil
}

// Pid is the number of the process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Kill is kill -9; it returns when the process is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.ended
}

// Stop asks the process to end, and kills it if it does not soon.
func (p *Process) Stop() {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.Kill()
		return
	}
	late := time.NewTimer(stopWithin)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C:
		p.Kill()
	}
}

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Tail returns the last of what the process wrote, for errors.
func (p *Process) Tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-logTailMax):])
}
