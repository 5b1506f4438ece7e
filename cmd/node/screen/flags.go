package screen

import (
	"errors"
	"strconv"
	"strings"
)

// valued is what pflag's errors about a flag's value can tell.
type valued interface {
	error
	GetValue() string
	Unwrap() error
}

// FlagFault says what is wrong with a flag. Where a value cannot be read, it says
// what the flag takes, and not which function of Go could not read it.
func FlagFault(err error) string {
	wrong, ok := errors.AsType[valued](err)
	if !ok {
		return err.Error()
	}
	return strings.TrimSuffix(err.Error(), wrong.Unwrap().Error()) + wanted(wrong.Unwrap())
}

func wanted(cause error) string {
	number, isNumber := errors.AsType[*strconv.NumError](cause)
	switch {
	case isNumber && number.Func == "ParseBool":
		return "want true or false"
	case isNumber:
		return "want a whole number"
	}
	return "want a time such as 500ms or 15s"
}
