package process

import (
	"strings"
	"testing"
	"time"
)

func TestStatCPU(t *testing.T) {
	const stat = "42 (a ) name) S 1 42 42 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 5 0 100 1 1"
	if got := statCPU([]byte(stat)); got != 2*time.Second {
		t.Errorf("%v, want 2s: 150 + 50 ticks", got)
	}
	if got := statCPU(nil); got != 0 {
		t.Errorf("nothing costs %v", got)
	}
}

// Idle and iowait are no work, and a guest's time is in the user's already.
func TestMachineCPU(t *testing.T) {
	if got := machineCPU("cpu  100 1 100 5000 700 1 1 97 33 0"); got != 3*time.Second {
		t.Errorf("%v, want 3s", got)
	}
}

func TestOwnFiguresAreRead(t *testing.T) {
	site := NewSite(t.TempDir())
	defer site.Close()
	p, err := site.Start("sleeper", "sleep", "600")
	if err != nil {
		t.Fatal(err)
	}
	if m := p.Memory(); m.RSS <= 0 {
		t.Errorf("a running process keeps %+v", m)
	}
	if MachineCPU() <= 0 || OwnCPU() <= 0 {
		t.Error("nothing has run on this machine")
	}
	p.Stop()
	if m := p.Memory(); m != (Memory{}) {
		t.Errorf("a process that is gone keeps %+v", m)
	}
}

func TestStartSaysWhatIsMissing(t *testing.T) {
	site := NewSite(t.TempDir())
	defer site.Close()
	if _, err := site.Start("nobody", "/nonexistent/program"); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("%v", err)
	}
}
