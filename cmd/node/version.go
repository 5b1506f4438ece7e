package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"roster/cmd/node/screen"
)

// releaseVersion is the release that this source becomes.
const releaseVersion = "0.1.0"

// versionBody is what "version" tells.
type versionBody struct {
	Version  string `json:"version"`
	Revision string `json:"revision"` // of the source, where the build knew it
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (a *app) versionCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "version", Short: "Show the version of this program", Args: args(cobra.NoArgs)}
	cmd.RunE = func(*cobra.Command, []string) error {
		v := buildVersion()
		return show(a, a.Stdout, v, func() *screen.Table {
			t := &screen.Table{}
			t.Add(fmt.Sprintf("roster %s %s %s %s", v.Version, orDash(v.Revision), v.Go, v.Platform))
			return t
		})
	}
	return a.withOutput(cmd)
}

// buildVersion reads what the build left in the binary.
func buildVersion() versionBody {
	v := versionBody{Version: releaseVersion, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range build.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value[:min(12, len(s.Value))]
		}
	}
	return v
}

// orDash shows what is empty.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
