package access

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"roster"
)

// namespaces are few and alike, so that patterns meet them.
var namespaces = rapid.SampledFrom([]string{"a", "ab", "abc", "b", "b-a", "ba", "a.b", "z"})

// rules draws rules over such namespaces.
func rules(t *rapid.T) []Rule {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Rule {
		pattern := rapid.OneOf(namespaces, rapid.Map(namespaces, func(s string) string { return s + "*" }), rapid.Just("*")).Draw(t, "pattern")
		return Rule{Verb(rapid.IntRange(1, 3).Draw(t, "verb")), pattern}
	}), 0, 12).Draw(t, "rules")
}

func texts(rules []Rule) []string {
	var out []string
	for _, r := range rules {
		out = append(out, r.String())
	}
	return out
}

// allowed says in the plainest way what rules allow.
func allowed(rules []Rule, verb Verb, namespace string) bool {
	for _, r := range rules {
		beginning, open := strings.CutSuffix(r.Pattern, "*")
		if r.Verb >= verb && (open && strings.HasPrefix(namespace, beginning) || r.Pattern == namespace) {
			return true
		}
	}
	return false
}

// TestPolicyIsItsRules: sorting and leaving out what is covered changes no right, and
// what is written is read back the same.
func TestPolicyIsItsRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := rules(t)
		p, err := ParsePolicy(texts(given)...)
		if err != nil {
			t.Fatal(err)
		}
		verb, namespace := Verb(rapid.IntRange(1, 3).Draw(t, "verb")), namespaces.Draw(t, "namespace")
		if got, want := p.Allow(verb, namespace), allowed(given, verb, namespace); got != want {
			t.Fatalf("%v: allow %v in %s: %v", given, verb, namespace, got)
		}
		again, err := ParsePolicy(p.Strings()...)
		if err != nil || again.String() != p.String() {
			t.Fatalf("%s came back as %s, %v", p, again, err)
		}
		in := false
		for _, pattern := range p.Scope(verb) {
			in = in || roster.MatchNamespace(pattern, namespace)
		}
		if in != p.Allow(verb, namespace) || p.AllowSome(verb) != (len(p.Scope(verb)) > 0) {
			t.Fatalf("%s: the scope of %v is %v", p, verb, p.Scope(verb))
		}
	})
}

// TestRightsOnlyGrow: one more rule takes nothing away, and a higher verb includes the
// lower.
func TestRightsOnlyGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := rules(t)
		less, err := ParsePolicy(texts(given[:len(given)/2])...)
		if err != nil {
			t.Fatal(err)
		}
		more, err := ParsePolicy(texts(given)...)
		if err != nil {
			t.Fatal(err)
		}
		namespace := namespaces.Draw(t, "namespace")
		for verb := Read; verb <= Admin; verb++ {
			if less.Allow(verb, namespace) && !more.Allow(verb, namespace) {
				t.Fatalf("%s allows what %s does not", less, more)
			}
			if verb > Read && more.Allow(verb, namespace) && !more.Allow(verb-1, namespace) {
				t.Fatalf("%s allows %v and not %v", more, verb, verb-1)
			}
		}
	})
}

func TestDeniedByDefault(t *testing.T) {
	for verb := Verb(0); verb <= Admin+1; verb++ {
		for _, namespace := range []string{"", "a", "*"} {
			if (Policy{}).Allow(verb, namespace) {
				t.Errorf("no rule allows %d in %q", verb, namespace)
			}
		}
	}
	if Root().Allow(0, "a") || Root().Allow(Admin+1, "a") {
		t.Error("root may do what is no verb")
	}
	p, err := ParsePolicy("write:pay", "read:team*")
	if err != nil {
		t.Fatal(err)
	}
	for _, namespace := range []string{"", "payments", "pa", "tea", "pay/", "*", "pay*"} {
		if p.Allow(Read, namespace) {
			t.Errorf("%s allows %q", p, namespace)
		}
	}
}

func TestBadRules(t *testing.T) {
	for _, bad := range []string{"", " ", "read ", "Read", "reads", "read:", "read:**", "read:a*b", "read:A", "read:-a", "read:a/b", "read: a", "read:*a",
		"read,", ",read", "read;write", "all", "deny:a", "read:a:b", "read:\u0430", "read:" + strings.Repeat("a", roster.NamespaceMax+1)} {
		if p, err := ParsePolicy(bad); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%q was read as %s, %v", bad, p, err)
		}
	}
	many := strings.TrimSuffix(strings.Repeat("read,", RulesMax), ",")
	if _, err := ParsePolicy(many); err != nil {
		t.Error(err)
	}
	if _, err := ParsePolicy(many, "read"); roster.CodeOf(err) != roster.CodeInvalid {
		t.Errorf("one rule too many: %v", err)
	}
}

func TestSecrets(t *testing.T) {
	secret := NewSecret([SecretBytes]byte{1, 2, 3})
	if !IsSecret(secret) || len(secret) != SecretLen {
		t.Errorf("%q is no token", secret)
	}
	for _, bad := range []string{"", "rst_", secret[4:], secret + "A", secret[:len(secret)-1], "RST_" + secret[4:], secret[:len(secret)-1] + "!", secret[:len(secret)-1] + "B"} {
		if IsSecret(bad) {
			t.Errorf("%q passes for a token", bad)
		}
	}
	if SameHash("", "") || SameHash(Hash(secret), "") || !SameHash(Hash(secret), Hash(secret)) || SameHash(Hash(secret), Hash(secret+"x")) {
		t.Error("hashes compare wrongly")
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add("read:*,write:payments,admin:a*")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		if again, err := ParsePolicy(p.String()); err != nil || again.String() != p.String() {
			t.Errorf("%q is %s, and comes back as %s, %v", text, p, again, err)
		}
	})
}
