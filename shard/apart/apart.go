package apart

import (
	"errors"
	"fmt"
)

// Run calls f in a goroutine of its own and returns its error. A panic, or the end of the
// goroutine before f returns, is an error that begins with what.
func Run(what string, f func() error) error {
	ended := make(chan error, 1)
	go func() {
		err := errors.New(what)
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("%s: %v", what, cause)
			}
			ended <- err
		}()
		err = f()
	}()
	return <-ended
}
