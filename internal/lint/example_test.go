package lint_test

import (
	"fmt"

	"roster/internal/lint"
)

// A ratchet lets known offenders be as large as they are, and no larger.
func Example() {
	known, err := lint.ParseRatchet("file-length 450 fsm/apply.go")
	if err != nil {
		fmt.Println(err)
		return
	}
	grown := lint.Finding{Rule: lint.RuleFile, Where: "fsm/apply.go", Size: 451, File: "fsm/apply.go", Text: "451 lines"}
	open, _ := known.Apply([]lint.Finding{grown})
	fmt.Println(open)
	// Output: [fsm/apply.go:0: file-length: 451 lines]
}
