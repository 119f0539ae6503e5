# Galleria. `make` lists what can be made.
#
# Building and running need Go, gcc, make and git. Tests bring what else they
# need, see tools/setup; the tools of `generate` and `check` are compiled from
# tools/go.mod into bin/tools, once (buf takes two minutes).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO ?= go
# What `make test` tests: make test PKG=./modules/orders/...
PKG ?= ./...
TOOLS := bin/tools
generators := $(TOOLS)/buf $(TOOLS)/protoc-gen-go $(TOOLS)/protoc-gen-go-grpc $(TOOLS)/templ

# Tests find what they drive by these; they fail without, rather than skip. By itself
# the race detector lets each process wait a second before it ends, for threads that are
# just writing a report.
test-env = CI=true GORACE=atexit_sleep_ms=50 \
	GALLERIA_TEST_CHROMIUM="$$(tools/setup chromium)" \
	GALLERIA_TEST_STRIPE_MOCK="$(CURDIR)/$(TOOLS)/stripe-mock"

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## build the shop and serve it at http://localhost:8080
	bin/galleria serve

# Without the tables of debuggers, a quarter of the file; stacks and profiles keep their
# names.
.PHONY: build
build: ## build bin/galleria
	$(GO) build -ldflags='-s -w' -o bin/galleria .

# What tests start as processes is without the race detector, in a third of the CPU; but
# with it where races would show: the stories in every layout, and modules that move out
# and back under load (shoptest.Layout.Raced). Under test-faults every process has it.
.PHONY: test
test: setup $(TOOLS)/stripe-mock $(generators) ## run every test: with -race, a browser and PostgreSQL
	@echo "every test, shuffled, with -race, Chromium, PostgreSQL and stripe-mock; nothing is skipped"
	$(if $(filter ./... ./app,$(PKG)),$(GO) test -c -o bin/quick.test ./app)
	$(test-env) GALLERIA_TEST_QUICK_PROGRAM="$(CURDIR)/bin/quick.test" \
		tools/with-postgres $(GO) test -race -shuffle=on -timeout 80m $(PKG)

.PHONY: test-faults
test-faults: setup $(TOOLS)/stripe-mock ## kill the shop 2000 times at random while it sells (FAULTS=n: n times), at each point, and each copy, shadow and canary; change places 1000 times
	$(test-env) GALLERIA_FAULTS=$(or $(FAULTS),2000) tools/with-postgres \
		$(GO) test -race -count=1 -v -timeout 180m -run '^Test(Faults|Death|.*IsLostUnderLoad)' ./app
	$(MAKE) test-older
	PLACE_CHANGES=1000 $(GO) test -count=1 -v -run TestEveryPlaceFollowsEveryOtherUnderLoad ./platform/process

# 86be259 is the last commit before certificates said what a process may serve.
.PHONY: test-older
test-older: build
	GALLERIA_TEST_PROGRAM="$(CURDIR)/bin/galleria" GALLERIA_TEST_OLDER_PROGRAM="$$(tools/older 86be259)" \
		$(GO) test -tags older -count=1 -v -run AnOlderProgramIsRefused ./app

.PHONY: setup
setup: # install what tests need, or say what is missing
	@tools/setup

.PHONY: check
check: $(generators) $(TOOLS)/staticcheck ## formatting, vet, staticcheck, rules, fresh generated code, contracts
	@tools/check

.PHONY: generate
generate: $(generators) ## write generated code: contracts, pages, wiring, the module table
	@tools/generate

.PHONY: bench
bench: build ## measure calls, commits, pages and checkouts on this machine
	$(GO) run ./app/bench

.PHONY: bench-against
bench-against: build ## measure calls and pages of this program and of an earlier commit in turn: OLD=commit
	$(GO) run ./app/bench -against $(OLD)

.PHONY: audit
audit: build setup $(TOOLS)/audit/node_modules ## look at the pages with Lighthouse and axe, and at the API's document with Spectral (needs npm)
	@cp tools/audit/*.mjs tools/audit/spectral.yaml $(TOOLS)/audit/
	node $(TOOLS)/audit/audit.mjs bin/galleria "$$(tools/setup chromium)" $(ONLY)

.PHONY: pictures
pictures: build setup $(TOOLS)/audit/node_modules ## make the pictures of the console in the README anew (needs npm)
	@cp tools/audit/*.mjs $(TOOLS)/audit/
	node $(TOOLS)/audit/pictures.mjs bin/galleria "$$(tools/setup chromium)" docs/pictures

# Beside the other tools, so that what it brings is not taken for our own code.
$(TOOLS)/audit/node_modules: tools/audit/package-lock.json
	@mkdir -p $(TOOLS)/audit
	cp tools/audit/package.json tools/audit/package-lock.json $(TOOLS)/audit/
	cd $(TOOLS)/audit && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: new-module
new-module: $(generators) ## make a module: make new-module NAME=reviews
	@$(GO) run ./app/newmodule '$(NAME)'

.PHONY: clean
clean: ## remove what was built; keeps data/ and bin/tools
	rm -f bin/galleria

# Tools are compiled where their versions are pinned, and again when those change.

define tool
$(TOOLS)/$(notdir $(1)): tools/go.mod tools/go.sum
	@echo "compiling $(notdir $(1))"
	@$(GO) -C tools build -o ../$$@ $(1)
	@touch $$@
endef
$(foreach package,\
	github.com/bufbuild/buf/cmd/buf \
	github.com/a-h/templ/cmd/templ \
	github.com/stripe/stripe-mock \
	google.golang.org/grpc/cmd/protoc-gen-go-grpc \
	google.golang.org/protobuf/cmd/protoc-gen-go \
	honnef.co/go/tools/cmd/staticcheck,\
	$(eval $(call tool,$(package))))
