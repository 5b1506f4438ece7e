package roster_test

import (
	"testing"

	"roster"
)

// An endpoint must mean the same to whoever reads it, so its host has one spelling and
// its port is one that can be dialled.
func TestEndpointsThatNobodyCanReach(t *testing.T) {
	for url, good := range map[string]bool{
		"http://x.example:65535/": true, "http://[fe80::1]:80/": true, "https://x": true,
		"http://x:65536/": false, "http://x:0/": false, "http://x:99999/": false, "http://[::1%25eth0]/": false, "http://[::ffff:10.0.0.1]/": false,
	} {
		agent := roster.Agent{ID: "a/b", Endpoints: []roster.Endpoint{{Name: "e", URL: url}}}
		if err := agent.Validate(); (err == nil) != good {
			t.Errorf("%s: %v", url, err)
		}
	}
}
