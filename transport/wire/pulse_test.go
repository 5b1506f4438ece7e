package wire_test

import (
	"errors"
	"testing"

	"roster/transport/wire"
)

// ticks returns after how many ticks a pulse ends, and with what; heard every so often.
func ticks(waiting bool, heardEvery int) (n, pings int, err error) {
	var p wire.Pulse
	for n = 1; n < 1000; n++ {
		if heardEvery > 0 && n%heardEvery == 0 {
			p.Heard()
		}
		ping, err := p.Tick(waiting)
		if err != nil {
			return n, pings, err
		}
		if ping {
			pings++
		}
	}
	return n, pings, nil
}

func TestPulse(t *testing.T) {
	for name, c := range map[string]struct {
		waiting    bool
		heardEvery int
		ticks      int
		pings      bool
		err        error
	}{
		"silent while somebody waits": {true, 0, wire.SilenceTicksMax, true, wire.ErrSilent},
		"slow, but there":             {true, wire.SilenceTicksMax - 1, 1000, true, nil},
		"busy":                        {true, 1, 1000, false, nil},
		"nobody asks":                 {false, 0, wire.IdleTicksMax, false, wire.ErrIdle},
		"asked now and then":          {false, wire.IdleTicksMax - 1, 1000, false, nil},
	} {
		n, pings, err := ticks(c.waiting, c.heardEvery)
		if n != c.ticks || pings > 0 != c.pings || !errors.Is(err, c.err) {
			t.Errorf("%s: %d ticks, %d pings, %v", name, n, pings, err)
		}
	}
}
