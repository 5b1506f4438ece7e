package daemon

import (
	"fmt"
	"strings"
)

// ConfigError is everything that is wrong with a configuration.
type ConfigError struct {
	Faults []string // at least one
}

// Error returns all faults.
func (e *ConfigError) Error() string {
	if len(e.Faults) == 1 {
		return "configuration: " + e.Faults[0]
	}
	return fmt.Sprintf("configuration has %d faults:\n  - %s", len(e.Faults), strings.Join(e.Faults, "\n  - "))
}

// configError returns one error for all faults; nil for none.
func configError(faults ...string) error {
	if len(faults) == 0 {
		return nil
	}
	return &ConfigError{faults}
}
