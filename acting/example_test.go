package acting_test

import (
	"context"
	"fmt"

	"roster"
	"roster/acting"
)

func Example() {
	ctx := acting.With(context.Background(), acting.Claim{Actor: roster.Actor{Agent: "demo/x~1", Epoch: 7}, Secret: "0123456789abcdef"})
	claim, ok := acting.From(ctx)
	fmt.Println(claim.Agent, ok, acting.ActorFrom(ctx) == roster.Actor{})
	ctx = acting.As(ctx, claim.Actor)
	fmt.Println(acting.ActorFrom(ctx).Epoch)
	// Output:
	// demo/x~1 true true
	// 7
}
