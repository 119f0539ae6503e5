package app_test

import (
	"testing"

	"galleria/app/shoptest"
)

func TestMain(m *testing.M) { shoptest.Main(m) }
