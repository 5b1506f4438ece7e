package twins

import (
	"testing"
	"time"
)

func TestExactlyOneTwinYields(t *testing.T) {
	for name, test := range map[string]struct {
		first, second time.Duration
		want          string // who stays
	}{
		"young beside old":   {time.Hour, time.Second, "first"},
		"both young":         {5 * time.Second, 2 * time.Second, "first"},
		"started together":   {2 * time.Second, 2*time.Second + 300*time.Millisecond, "first"},
		"the other way":      {time.Second, 3 * time.Second, "second"},
		"margin, either way": {3 * time.Second, 2 * time.Second, "first"},
	} {
		t.Run(name, func(t *testing.T) {
			first := yields(test.first, test.second, "10.0.0.1:1", "10.0.0.2:1")
			second := yields(test.second, test.first, "10.0.0.2:1", "10.0.0.1:1")
			if first == second || first != (test.want == "second") {
				t.Errorf("first yields: %v, second yields: %v; want %s to stay", first, second, test.want)
			}
		})
	}
}
