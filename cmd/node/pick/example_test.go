package pick_test

import (
	"fmt"

	"github.com/spf13/cobra"

	"roster/cmd/node/pick"
)

func Example() {
	cmd := &cobra.Command{Use: "find"}
	selection, reading := pick.Selecting(cmd), pick.Reading(cmd)
	if err := cmd.ParseFlags([]string{"--capability", "plan", "--max-age", "1s"}); err != nil {
		fmt.Println(err)
		return
	}
	query, err := selection.Query()
	fmt.Println(query.Capabilities, reading.Read().Level, err)
	// Output: [plan] fresh <nil>
}
