package access

import (
	"cmp"
	"slices"
	"strings"

	"roster"
)

// RulesMax bounds the rules of one token.
const RulesMax = roster.TokenRulesMax

// Verb is how much a rule allows. Each includes those below it.
type Verb uint8

// The verbs. Read looks and watches; Write changes agents and sessions; Admin, in every
// namespace, also looks after nodes and tokens.
const (
	Read Verb = iota + 1
	Write
	Admin
)

// verbs gives each verb its word.
var verbs = []string{Read: "read", Write: "write", Admin: "admin"}

// String returns the verb's word; "" for none.
func (v Verb) String() string {
	if int(v) >= len(verbs) {
		return ""
	}
	return verbs[v]
}

// Everywhere is the pattern of all namespaces, and of what is in none.
const Everywhere = "*"

// Rule allows a verb, and those below it, in the namespaces that Pattern names.
type Rule struct {
	Verb    Verb
	Pattern string // a namespace, the beginning of some and "*", or "*"
}

// String returns the rule as ParsePolicy reads it: the pattern of all is left out.
func (r Rule) String() string {
	if r.Pattern == Everywhere {
		return r.Verb.String()
	}
	return r.Verb.String() + ":" + r.Pattern
}

// covers reports whether r allows all that o allows.
func (r Rule) covers(o Rule) bool {
	beginning, open := strings.CutSuffix(r.Pattern, "*")
	return r.Verb >= o.Verb && (r.Pattern == o.Pattern || open && strings.HasPrefix(o.Pattern, beginning))
}

// Policy is the rules of one token. It is immutable; the zero value allows nothing.
type Policy struct{ rules []Rule }

// ParsePolicy reads rules, "verb" or "verb:pattern", each text one or several with commas
// between. Equal rights make equal policies: rules are sorted, and what another rule
// covers is left out. The error is Invalid and names the rule.
func ParsePolicy(texts ...string) (Policy, error) {
	var rules []Rule
	for _, text := range texts {
		for word := range strings.SplitSeq(text, ",") {
			rule, err := parseRule(word)
			if err != nil {
				return Policy{}, err
			}
			if rules = append(rules, rule); len(rules) > RulesMax {
				return Policy{}, roster.Invalid("rules", "more than %d rules", RulesMax)
			}
		}
	}
	return Policy{canonical(rules)}, nil
}

// parseRule reads one rule, strictly: what looks nearly like a right is none.
func parseRule(word string) (Rule, error) {
	name, pattern, narrowed := strings.Cut(word, ":")
	verb := slices.Index(verbs, name)
	if verb < int(Read) {
		return Rule{}, roster.Invalid("rules", "rule %.80q: want read, write or admin, and perhaps a namespace, as in write:payments or read:team-*", word)
	}
	if !narrowed {
		pattern = Everywhere
	}
	if pattern != Everywhere && roster.AgentID(strings.TrimSuffix(pattern, "*")+"/x").Validate() != nil {
		return Rule{}, roster.Invalid("rules", "rule %.80q: want a namespace, the beginning of some and *, or * for all", word)
	}
	return Rule{Verb(verb), pattern}, nil
}

// canonical sorts rules and leaves out what others cover.
func canonical(rules []Rule) []Rule {
	slices.SortFunc(rules, func(a, b Rule) int {
		return cmp.Or(strings.Compare(a.Pattern, b.Pattern), cmp.Compare(b.Verb, a.Verb))
	})
	rules = slices.Compact(rules)
	var kept []Rule
	for i, r := range rules {
		covered := false
		for j, o := range rules {
			covered = covered || i != j && o.covers(r)
		}
		if !covered {
			kept = append(kept, r)
		}
	}
	return kept
}

// Strings returns the rules as ParsePolicy reads them; never nil.
func (p Policy) Strings() []string {
	out := make([]string, len(p.rules))
	for i, r := range p.rules {
		out[i] = r.String()
	}
	return out
}

// String returns all rules with commas between; "" for none.
func (p Policy) String() string { return strings.Join(p.Strings(), ",") }

// Allow reports whether the policy lets its holder do verb in a namespace. What is in
// none, "", is allowed only to who may do it everywhere.
func (p Policy) Allow(verb Verb, namespace string) bool {
	for _, r := range p.rules {
		if r.Verb >= verb && roster.MatchNamespace(r.Pattern, namespace) {
			return verb != 0
		}
	}
	return false
}

// AllowAll reports whether the policy allows verb everywhere.
func (p Policy) AllowAll(verb Verb) bool { return p.Allow(verb, "") }

// AllowSome reports whether the policy allows verb anywhere.
func (p Policy) AllowSome(verb Verb) bool { return len(p.Scope(verb)) > 0 }

// Scope returns the patterns of the namespaces in which the policy allows verb, each
// once; nil for none.
func (p Policy) Scope(verb Verb) []string {
	var scope []string
	for _, r := range p.rules {
		if r.Verb >= verb && verb != 0 && !slices.Contains(scope, r.Pattern) {
			scope = append(scope, r.Pattern)
		}
	}
	return scope
}

// Root is the policy of who may do everything.
func Root() Policy { return Policy{[]Rule{{Admin, Everywhere}}} }
