package scrape

import (
	"io"
	"iter"
	"slices"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Metrics are the samples of one scrape. The zero value has none.
type Metrics struct{ samples map[string][]Sample }

// Sample is one value under its labels. Of a histogram its sum and its count are kept, as
// samples of name_sum and name_count.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// Read reads the text exposition.
func Read(r io.Reader) (Metrics, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(r)
	m := Metrics{make(map[string][]Sample, len(families))}
	for name, family := range families {
		for _, metric := range family.GetMetric() {
			labels := make(map[string]string, len(metric.GetLabel()))
			for _, pair := range metric.GetLabel() {
				labels[pair.GetName()] = pair.GetValue()
			}
			if h := metric.GetHistogram(); h != nil {
				m.add(name+"_sum", labels, h.GetSampleSum())
				m.add(name+"_count", labels, float64(h.GetSampleCount()))
				m.add(name+"_bucket", labels, float64(h.GetSampleCount()))
				continue
			}
			m.add(name, labels, metric.GetCounter().GetValue()+metric.GetGauge().GetValue()+metric.GetUntyped().GetValue())
		}
	}
	return m, err
}

func (m Metrics) add(name string, labels map[string]string, value float64) {
	m.samples[name] = append(m.samples[name], Sample{labels, value})
}

// Names lists what there is, sorted.
func (m Metrics) Names() []string {
	names := make([]string, 0, len(m.samples))
	for name := range m.samples { // order-free: it is sorted
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Has reports whether there is a metric of a name.
func (m Metrics) Has(name string) bool { return len(m.samples[name]) > 0 }

// All walks the samples of a name.
func (m Metrics) All(name string) iter.Seq[Sample] { return slices.Values(m.samples[name]) }

// Sum adds up the samples of a name that have all of the labels, which come in pairs.
func (m Metrics) Sum(name string, labels ...string) float64 {
	sum := 0.0
	for _, s := range m.samples[name] {
		if s.has(labels) {
			sum += s.Value
		}
	}
	return sum
}

func (s Sample) has(labels []string) bool {
	for i := 0; i+1 < len(labels); i += 2 {
		if s.Labels[labels[i]] != labels[i+1] {
			return false
		}
	}
	return true
}

// Since returns by how much the sum has grown since an earlier scrape; a counter that began
// anew meanwhile counts from 0.
func (m Metrics) Since(before Metrics, name string, labels ...string) float64 {
	now, then := m.Sum(name, labels...), before.Sum(name, labels...)
	if now < then {
		return now
	}
	return now - then
}
