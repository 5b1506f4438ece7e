package access

import (
	"context"

	"roster"
)

// RootPrincipal is who shows the root token.
const RootPrincipal roster.Principal = "root"

// Caller is who asks, as a door found it, and what he may do.
type Caller struct {
	Principal roster.Principal // the id of his token, or RootPrincipal
	Policy    Policy
}

type callerKey struct{}

// With returns a context under which caller asks. It also names him to whoever only
// wants to know who asks (roster.PrincipalFrom).
func With(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(roster.WithPrincipal(ctx, caller.Principal), callerKey{}, caller)
}

// From returns who asks under ctx; nobody where no door has let anybody in.
func From(ctx context.Context) (Caller, bool) {
	caller, ok := ctx.Value(callerKey{}).(Caller)
	return caller, ok
}

// Check returns nil where the caller of ctx may do verb in a namespace, and Denied
// elsewhere.
func Check(ctx context.Context, verb Verb, namespace string) error {
	caller, ok := From(ctx)
	switch {
	case !ok:
		return Unauthenticated("nobody was asked who they are")
	case caller.Policy.Allow(verb, namespace):
		return nil
	case namespace == "":
		return roster.Errorf(roster.CodeDenied, "the token lacks the right %s in all namespaces", verb)
	}
	return roster.Errorf(roster.CodeDenied, "the token lacks the right %s:%.80s", verb, namespace)
}

// Unauthenticated returns the refusal of who has not shown a good token.
func Unauthenticated(format string, args ...any) *roster.Error {
	err := roster.Errorf(roster.CodeDenied, format, args...)
	err.Status = 401
	return err
}
