package main

import (
	"slices"
	"testing"

	"roster/internal/lint"
)

// The house rules hold here too, but for those of the root: it is a program here and
// pure there, and this module alone may have a replace.
func TestHouse(t *testing.T) {
	free := []string{lint.RuleModule, lint.RuleImport, lint.RuleCall, lint.RuleGo, lint.RuleFloat, lint.RuleOrder}
	tree, err := lint.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Packages) < 7 {
		t.Fatalf("only %d packages were found", len(tree.Packages))
	}
	for _, finding := range tree.Check() {
		if !slices.Contains(free, finding.Rule) {
			t.Error(finding)
		}
	}
}
