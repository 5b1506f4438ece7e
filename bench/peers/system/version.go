package system

import (
	"errors"
	"runtime/debug"

	"roster"
)

// errMissing says that a record is not there.
var errMissing = errors.New("the record is missing")

// Missing reports whether err says that a record is not there, which is more than
// that nobody could say.
func Missing(err error) bool {
	refusal, ok := errors.AsType[*roster.Error](err)
	return errors.Is(err, errMissing) || (ok && refusal.Code == roster.CodeNotFound)
}

// versionOf returns the version of a module that this program is built from.
func versionOf(module string) string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown version"
	}
	for _, dep := range build.Deps {
		if dep.Path == module {
			return dep.Version
		}
	}
	return "of unknown version"
}
