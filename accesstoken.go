package roster

import "slices"

// AccessToken is what the cluster knows of a secret by which callers prove who they are.
// Not to be confused with a Token, which says what a reader has seen.
type AccessToken struct {
	ID        string    `json:"id"`    // names it in lists, operations and the audit log
	Name      string    `json:"name"`  // for people
	Rules     []string  `json:"rules"` // as package access reads them
	CreatedAt WallTime  `json:"created_at"`
	CreatedBy Principal `json:"created_by"`
	// ExpiresIn is what is left of its life, 0 for one without end. It is negative where
	// that is over, for as long as the token is still listed.
	ExpiresIn Duration `json:"expires_in"`
	// Expires is the log time of its end, 0 for none; Hash is SHA-256 of the secret in
	// hexadecimal. Neither leaves the cluster.
	Expires LogTime `json:"-"`
	Hash    string  `json:"-"`
}

// NewToken is what an access token is to be.
type NewToken struct {
	Name  string   `json:"name"`
	Rules []string `json:"rules"`
	TTL   Duration `json:"ttl"` // 0: it does not expire
}

// Validate reports an Invalid error for what no token can be; what rules mean is for
// package access to judge.
func (t NewToken) Validate() error {
	if t.Name == "" || len(t.Name) > TokenNameMax || !printable(t.Name) {
		return Invalid("name", "name %s: want 1 to %d bytes of printable UTF-8", quote(t.Name), TokenNameMax)
	}
	if len(t.Rules) == 0 || len(t.Rules) > TokenRulesMax {
		return Invalid("rules", "%d rules: want 1 to %d", len(t.Rules), TokenRulesMax)
	}
	if slices.ContainsFunc(t.Rules, func(rule string) bool { return !isText(rule, TokenRuleMax) }) {
		return Invalid("rules", "a rule has more than %d bytes", TokenRuleMax)
	}
	if ttl := t.TTL; ttl != 0 && (ttl < Duration(TokenTTLMin) || ttl > Duration(TokenTTLMax)) {
		return Invalid("ttl", "ttl %v: want %v to %v, or none", ttl.span(), TokenTTLMin, TokenTTLMax)
	}
	return nil
}

// SetToken enters an access token. An id or a hash that is there already is a Conflict:
// tokens are never changed. TTL is how long it lives in log time; 0: until it is dropped.
type SetToken struct {
	Token AccessToken `json:"token"`
	TTL   Duration    `json:"ttl"`
}

// DropToken takes an access token away, NotFound when there is none.
type DropToken struct {
	ID string `json:"id"`
}

// Key routes to the system shard.
func (c SetToken) Key() Key { return SystemKey }

// Kind returns KindSetToken.
func (SetToken) Kind() Kind { return KindSetToken }

// Key routes to the system shard.
func (c DropToken) Key() Key { return SystemKey }

// Kind returns KindDropToken.
func (DropToken) Kind() Kind { return KindDropToken }
