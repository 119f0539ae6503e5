package settings

import (
	"errors"
	"fmt"

	"galleria/modules/settings/internal/service"
	"galleria/modules/settings/internal/store"
	"galleria/platform/module"
)

// Name is the module's name.
const Name = "settings"

// Config is what an operator may change in the file: nothing. What the staff change is in
// the contract.
type Config struct{}

// DefaultConfig is what holds when nothing is set.
func DefaultConfig() Config { return Config{} }

// Validate finds values that can't work.
func (c Config) Validate() error { return nil }

// Needs are the modules settings calls: none.
type Needs struct{}

// New makes the module, ready to serve.
func New(h module.Host, _ Needs, cfg Config) (*module.Instance, error) {
	if h.DB == nil {
		return nil, errors.New("settings: it needs a database")
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return &module.Instance{Server: service.New(store.New(h.DB, h.Now))}, nil
}
