package processes

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRecoverAsksTheOthers: from the directory of one node that was stopped nothing is made
// while the two others run, which go on; with one of them there is still a majority; without
// both it is done.
func TestRecoverAsksTheOthers(t *testing.T) {
	s := newSite(t)
	nodes := s.trio()
	s.load(nodes[0])
	s.interrupt(nodes[2].process, os.Interrupt)
	fresh := filepath.Join(s.dir, "fresh")
	try := []string{"recover", nodes[2].dir, "--data-dir", fresh, "--name", "fresh", "--cluster", "lab-2"}
	for _, stopped := range []*member{nil, nodes[1]} {
		if stopped != nil {
			s.interrupt(stopped.process, os.Interrupt)
		}
		_, stderr, status := s.run(try...)
		if status != 4 {
			t.Errorf("exits with %d", status)
		}
		s.says("recover", stderr, "the old cluster can go on", nodes[0].bind, "--although-others-answer")
	}
	if _, err := os.Stat(fresh); err == nil {
		t.Error("it has made something")
	}
	s.interrupt(nodes[0].process, os.Interrupt)
	if _, stderr, status := s.run(try...); status != 0 {
		t.Errorf("with nobody left it exits with %d: %s", status, stderr)
	}
}
