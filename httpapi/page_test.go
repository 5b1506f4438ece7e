package httpapi

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"roster/httpapi/ui"
)

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestPage wants each file of the page under a policy that the page keeps.
func TestPage(t *testing.T) {
	f := newFixture(t)
	for _, asset := range ui.Assets() {
		got := f.want(200, get, strings.Replace(asset.Pattern, "{$}", "", 1), "")
		if string(got.body) != string(asset.Body) || len(got.body) == 0 || !strings.HasPrefix(got.Header.Get("Content-Type"), asset.Type) {
			t.Errorf("%s: %s, %d bytes", asset.Pattern, got.Header.Get("Content-Type"), len(got.body))
		}
		if policy := got.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", asset.Pattern, policy)
		}
		for _, banned := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=", " onclick=", "<script>"} {
			if strings.Contains(string(asset.Body), banned) {
				t.Errorf("%s holds %s", asset.Pattern, banned)
			}
		}
		for _, link := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(string(asset.Body), -1) {
			if !strings.HasPrefix(link[1], "/") || strings.HasPrefix(link[1], "//") {
				t.Errorf("%s refers to %s", asset.Pattern, link[1])
				continue
			}
			f.want(200, get, link[1], "")
		}
	}
}
