package lint

import (
	"cmp"
	"fmt"
	"slices"
)

// The rules. Each is the first word of a finding and of a line in the ratchet.
const (
	RuleArrow    = "arrow"           // an import that arrows.txt does not allow
	RuleImport   = "pure-import"     // a pure package imports the outside world
	RuleCall     = "pure-call"       // a pure package asks for time
	RuleGo       = "pure-goroutine"  // a pure package starts a goroutine
	RuleFloat    = "float"           // floating point where state is decided
	RuleOrder    = "order"           // a walk over a map without an order-free comment
	RuleBuild    = "build"           // a pure package that does not type-check
	RuleDoc      = "doc"             // a package without doc.go or its comment
	RuleExample  = "example"         // a library package without a runnable example
	RuleNamed    = "undocumented"    // an exported name without a comment
	RuleFunction = "function-length" // a function above FunctionLinesMax
	RuleFile     = "file-length"     // a file above FileLinesMax
	RulePackage  = "package-length"  // a package above PackageLinesMax lines of code
	RuleInit     = "init"            // an init function
	RuleVariable = "variable"        // a package variable that is no error and no table
	RuleAny      = "any"             // any outside type parameters and printf arguments
	RuleSleep    = "sleep"           // time.Sleep in a test
	RuleBubble   = "bubble"          // synctest.Test outside of internal/bubble
	RuleWord     = "banned-word"     // a name that says nothing
	RuleText     = "unfinished"      // a note that something is left to do
	RuleWitness  = "witness"         // a test that a document names and that does not exist
	RulePath     = "path"            // an absolute path of somebody's machine
	RuleModule   = "module"          // go.mod: replace, exclude, or an unwanted version
)

// Rules lists every rule in the order in which they are explained.
var Rules = []string{RuleArrow, RuleImport, RuleCall, RuleGo, RuleFloat, RuleOrder, RuleBuild, RuleDoc, RuleExample,
	RuleNamed, RuleFunction, RuleFile, RulePackage, RuleInit, RuleVariable, RuleAny, RuleSleep, RuleBubble, RuleWord, RuleText,
	RuleWitness, RulePath, RuleModule}

// Finding is one place that breaks a rule.
type Finding struct {
	Rule  string // one of Rules
	Where string // stable name of the place, without a line: "fsm/apply.go Machine.Apply"
	Size  int    // lines for lengths, 1 for the rest; findings of one place add up
	File  string // slash-separated, relative to the module
	Line  int    // 0: the file as a whole
	Text  string // what is wrong
}

// String returns the finding as compilers print theirs.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Rule, f.Text)
}

// sortFindings orders findings by file, line and rule.
func sortFindings(fs []Finding) {
	slices.SortFunc(fs, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Text, b.Text))
	})
}
