package memservice_test

import (
	"testing"

	"roster"
	"roster/internal/memservice"
	"roster/internal/memservice/contract"
)

func newService(t *testing.T, c memservice.Config) *memservice.Service {
	s := memservice.New(c)
	t.Cleanup(s.Close)
	return s
}

func TestContract(t *testing.T) {
	contract.Run(t, func(t *testing.T) roster.Service { return newService(t, memservice.Config{}) })
}
