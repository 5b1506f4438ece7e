package tokens_test

import (
	"fmt"
	"time"

	"roster"
	"roster/fsm/tokens"
)

func Example() {
	table := tokens.New()
	err := table.Set(0, roster.SetToken{TTL: roster.Duration(time.Hour), Token: roster.AccessToken{ID: "a1", Name: "payments", Rules: []string{"write:payments"}, Hash: "5f3c"}})
	fmt.Println(err)
	token, ok := table.ByHash("5f3c", roster.LogTime(20*time.Minute))
	fmt.Println(token.Name, time.Duration(token.ExpiresIn), ok)
	fmt.Println(table.Drop("a1"), len(table.All(0)))
	// Output:
	// <nil>
	// payments 40m0s true
	// <nil> 0
}
