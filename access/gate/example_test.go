package gate_test

import (
	"context"
	"fmt"

	"roster"
	"roster/access"
	"roster/access/gate"
	"roster/internal/memservice"
)

func Example() {
	service := memservice.New(memservice.Config{})
	defer service.Close()
	guarded := gate.New(service)
	policy, err := access.ParsePolicy("write:payments")
	if err != nil {
		fmt.Println(err)
	}
	ctx := access.With(context.Background(), access.Caller{Principal: "a1", Policy: policy})
	for _, id := range []roster.AgentID{"payments/a", "orders/a"} {
		change, _, err := guarded.Register(ctx, roster.Register{Agent: roster.Agent{ID: id}, Mode: roster.ModeCreate})
		fmt.Println(id, change.Outcome, err)
	}
	_, err = guarded.Members(context.Background())
	fmt.Println(err)
	// Output:
	// payments/a created <nil>
	// orders/a  the token lacks the right write:orders
	// nobody was asked who they are
}
