package table

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

func report() *Report {
	r := &Report{Date: time.Unix(0, 0), Records: 100, Repeats: 3, Rows: []Row{{Name: "put-64", Title: "put", Unit: "a second", Higher: true}},
		About: map[string]string{"roster": "ours", "etcd": "theirs"}, Limits: []Limits{{SyncP50: 0.1, SyncP99: 1}}}
	add := func(store string, repeat int, value float64) {
		r.Samples = append(r.Samples, Sample{Row: "put-64", System: store, Store: store, Repeat: repeat, Value: value})
	}
	// The machine was three times slower in the second repeat: the values say little, the ratios the same.
	add("etcd", 0, 3000)
	add("roster", 0, 6000)
	add("etcd", 1, 1000)
	add("roster", 1, 2000)
	add("etcd", 2, 9000)
	return r
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}} {
		given := slices.Clone(c.values)
		if got := Median(c.values); got != c.want {
			t.Errorf("Median(%v) = %v, want %v", c.values, got, c.want)
		}
		if !slices.Equal(given, c.values) {
			t.Errorf("Median sorted its caller's values")
		}
	}
}

// Repeat 2 has no value of ours: its value of etcd must not reach the ratio.
func TestRatioIsTakenInsideRepeats(t *testing.T) {
	if got, ok := report().Ratio("put-64", "etcd"); !ok || got != 2 {
		t.Errorf("%v, %v, want 2: the ratio in both whole repeats", got, ok)
	}
	if _, ok := report().Ratio("put-64", "nats"); ok {
		t.Error("a ratio to a store that was not measured")
	}
}

func TestFailedSamplesDoNotCount(t *testing.T) {
	r := report()
	r.Samples = append(r.Samples, Sample{Row: "put-64", Store: "roster", Repeat: 2, Value: 1e9, Failed: true})
	if got, _ := r.Ratio("put-64", "etcd"); got != 2 {
		t.Errorf("%v, want 2", got)
	}
}

func TestRender(t *testing.T) {
	for _, format := range []string{"text", "markdown"} {
		var out strings.Builder
		if err := report().Render(&out, format); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"put-64", "2.00×", "4 000 [2 000..6 000]", "3 000", "theirs"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s lacks %q:\n%s", format, want, out.String())
			}
		}
	}
	var out strings.Builder
	if err := report().Render(&out, "json"); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal([]byte(out.String()), &back); err != nil || len(back.Samples) != 5 {
		t.Errorf("%+v, %v", back, err)
	}
	if err := report().Render(&out, "paper"); err == nil {
		t.Error("a format that is none was taken")
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.1234: "0.123", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 1234567: "1 234 567"} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %q, want %q", v, got, want)
		}
	}
}

// What was lost must not hide behind a count of errors.
func TestLossIsShouted(t *testing.T) {
	if got := failures([]Sample{{Errors: 1}, {Lost: 2}}); got != "1, LOST 2" {
		t.Error(got)
	}
}
