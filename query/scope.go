package query

import (
	"roster"
	"slices"
	"strings"
)

// scopeOf returns the patterns of a scope; nil when it holds every namespace.
func scopeOf(scope []string) []string {
	if scope == nil || slices.Contains(scope, "*") {
		return nil
	}
	return append([]string{}, unique(scope)...) // an empty one stays a scope, in which nothing is
}

func inScope(scope []string, namespace string) bool {
	return slices.ContainsFunc(scope, func(pattern string) bool { return roster.MatchNamespace(pattern, namespace) })
}

// scopeTerm returns what an index can be asked for: the namespaces, where the scope names
// them all.
func scopeTerm(scope []string) (Term, bool) {
	open := slices.ContainsFunc(scope, func(pattern string) bool { return strings.HasSuffix(pattern, "*") })
	return Term{FieldNamespace, scope}, len(scope) > 0 && !open
}
