package door

import (
	"context"

	"roster"
)

// Limiter bounds what one caller may ask.
type Limiter interface {
	// Enter lets a request in, and returns what is called when it has ended; or Overloaded.
	Enter(p roster.Principal) (leave func(), err error)
}

// Limited is a keeper beside whom a limiter stands: see Admit.
type Limited struct {
	Keeper
	Limiter
}

type leaveKey struct{}

// count lets the limiter, where there is one, judge a request. Leave must be called with the
// context when the request has ended.
func count(ctx context.Context, keeper Keeper, p roster.Principal) (context.Context, error) {
	l, ok := keeper.(Limited)
	if !ok {
		return ctx, nil
	}
	leave, err := l.Enter(p)
	if err != nil {
		return ctx, err
	}
	return context.WithValue(ctx, leaveKey{}, leave), nil
}

// Leave says that the request of a context that Admit returned has ended. Other contexts are
// passed over.
func Leave(ctx context.Context) {
	if leave, ok := ctx.Value(leaveKey{}).(func()); ok {
		leave()
	}
}
