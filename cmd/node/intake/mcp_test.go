package intake

import (
	"testing"

	"roster"
)

func FuzzParseServer(f *testing.F) {
	f.Add([]byte(`{"name":"a/b","repository":{"url":"x"},"packages":[{"registry":"npm"}],"remotes":["x"]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		agent, err := ParseServer(text)
		if err == nil && (!agent.Labels.Sorted() || len(agent.Description) > roster.DescriptionMax) {
			t.Errorf("%q became %+v", text, agent)
		}
	})
}
