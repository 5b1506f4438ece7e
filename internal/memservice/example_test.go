package memservice_test

import (
	"context"
	"fmt"

	"roster"
	"roster/internal/memservice"
)

func Example() {
	s := memservice.New(memservice.Config{})
	defer s.Close()
	ctx := context.Background()
	agent := roster.Agent{ID: "demo/planner-1", Capabilities: []roster.Capability{{Name: "plan"}}}
	change, stamp, err := s.Register(ctx, roster.Register{Agent: agent})
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := s.Find(ctx, roster.Query{Capabilities: []string{"plan"}, Read: roster.Read{Level: roster.ReadFresh, After: stamp.Token}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(change.Outcome, len(page.Agents), page.Agents[0].ID)
	// Output: created 1 demo/planner-1
}
