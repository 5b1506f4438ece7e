package contract_test

import (
	"testing"

	"roster"
	"roster/internal/memservice"
	"roster/internal/memservice/contract"
)

// A test of an implementation hands Run a function that makes one.
func ExampleRun() {
	_ = func(t *testing.T) {
		contract.Run(t, func(t *testing.T) roster.Service {
			s := memservice.New(memservice.Config{})
			t.Cleanup(s.Close)
			return s
		})
	}
}
