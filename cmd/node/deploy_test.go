package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"roster/client/trust"
	"roster/cmd/node/survey"
	"roster/cmd/node/survey/scrape"
)

// alert is one rule of the file for Prometheus.
type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// deployed reads a file of deploy.
func deployed(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func alerts(t *testing.T) (out []alert) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string  `yaml:"name"`
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(deployed(t, "prometheus/alerts.yaml")), yaml.DisallowUnknownField()).Decode(&file); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		out = append(out, group.Rules...)
	}
	return out
}

// panels returns what the dashboard asks for.
func panels(t *testing.T) []string {
	t.Helper()
	var board struct {
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(deployed(t, "grafana/roster.json"), &board); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			out = append(out, target.Expr)
		}
	}
	return out
}

// notMetrics is what holds names that are none: selectors, ranges, texts and lists of labels.
var notMetrics = regexp.MustCompile(`\{[^}]*\}|\[[^\]]*\]|"[^"]*"|\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)`)

var word = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*\s*\(?`)

// metricsOf lists the metrics in an expression of PromQL.
func metricsOf(expr string) (out []string) {
	for _, w := range word.FindAllString(notMetrics.ReplaceAllString(expr, " "), -1) {
		w = strings.TrimSpace(w)
		if !strings.HasSuffix(w, "(") && !slices.Contains([]string{"and", "or", "unless", "bool", "offset"}, w) {
			out = append(out, w)
		}
	}
	return out
}

func TestMetricsOf(t *testing.T) {
	got := metricsOf(`abs(a_total{x="b_total"} - 2) > 3 and sum by (c, d) (rate(e_sum[5m])) / on (f) g or vector(0)`)
	if !slices.Equal(got, []string{"a_total", "e_sum", "g"}) {
		t.Errorf("%q", got)
	}
}

// TestDeployedMetricsExist holds each metric that an alert or the dashboard names against
// what a running node shows.
func TestDeployedMetricsExist(t *testing.T) {
	n := startSecured(t)
	s, err := survey.New(survey.Options{Addresses: []string{n.url}, TLS: trust.Files{CA: n.at("pki/ca.crt")}, Token: n.token})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wanted := panels(t)
	for _, a := range alerts(t) {
		wanted = append(wanted, a.Expr)
	}
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		missing := missingMetrics(t, s, n.url, wanted)
		if len(missing) == 0 {
			return
		}
		select { // histograms begin with the first write
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("a node does not show %q", missing)
		}
	}
}

func missingMetrics(t *testing.T, s *survey.Surveyor, base string, exprs []string) (missing []string) {
	t.Helper()
	text, err := s.Fetch(t.Context(), base, "/metrics", "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := scrape.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, expr := range exprs {
		names := metricsOf(expr)
		if len(names) == 0 {
			t.Errorf("%q names no metric", expr)
		}
		for _, name := range names {
			if name != "up" && !shown.Has(name) { // that is Prometheus' own
				missing = append(missing, name)
			}
		}
	}
	return missing
}

// TestAlertsHaveRunbooks wants of every alert what people need, and a runbook that is there.
func TestAlertsHaveRunbooks(t *testing.T) {
	anchors := map[string]bool{}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		anchors["docs/operations.md#"+anchor(heading[1])] = true
	}
	rules := alerts(t)
	if len(rules) == 0 || len(anchors) == 0 {
		t.Fatalf("%d alerts, %d headings", len(rules), len(anchors))
	}
	for _, a := range rules {
		if a.Alert == "" || a.Annotations["summary"] == "" || a.Annotations["description"] == "" || !slices.Contains([]string{"critical", "warning"}, a.Labels["severity"]) {
			t.Errorf("%+v lacks something", a)
		}
		if !anchors[a.Annotations["runbook"]] {
			t.Errorf("%s: there is no %s", a.Alert, a.Annotations["runbook"])
		}
	}
}

// anchor is how a heading is linked.
func anchor(heading string) string {
	return strings.ReplaceAll(regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// TestUnitStartsANode wants of the unit that it calls this program as it is.
func TestUnitStartsANode(t *testing.T) {
	unit := string(deployed(t, "systemd/roster.service"))
	start := regexp.MustCompile(`(?m)^ExecStart=\S*/roster (\S+) (.*)$`).FindStringSubmatch(unit)
	if start == nil || start[1] != "node" {
		t.Fatalf("ExecStart: %q", start)
	}
	help := (&cli{t: t}).ok("node", "--help")
	for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(start[2], -1) {
		has(t, "roster node --help", help, flag)
	}
	var settings map[string]any
	if err := yaml.Unmarshal(deployed(t, "systemd/roster.yaml"), &settings); err != nil {
		t.Fatal(err)
	}
	for name := range settings {
		has(t, "roster node --help", help, "--"+strings.ReplaceAll(name, "_", "-")+" ")
	}
	has(t, "the unit", unit, "Type=exec", "RestartPreventExitStatus=78", "NoNewPrivileges=yes", "ProtectSystem=strict")
}
