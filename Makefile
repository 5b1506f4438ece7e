# Short names for what CONTRIBUTING.md says. Everything here is one Go command away.
GO ?= go
COMPOSE ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

.PHONY: build test race lint faults mutants bench peers image up down containers ci release clean

build: ; $(GO) build -o bin/roster ./cmd/node

test: ; $(GO) test ./...

race: ; $(GO) test -race ./...

lint:
	test -z "$$(gofmt -l .)"
	$(GO) vet ./...
	$(GO) test ./internal/lint
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

# Seeds of faults in virtual time, about one a second: make faults SEEDS=10000 FROM=1
SEEDS ?= 300
FROM ?= 1
faults: ; $(GO) test -count=1 -timeout 0 -run 'TestFaults$$' ./internal/testcluster -faults.seeds=$(SEEDS) -faults.from=$(FROM)

# Bugs that the tests must find, those of whole promises included: some twenty minutes.
mutants: ; $(GO) test -count=1 -timeout 0 -v ./internal/testcluster/mutants -mutants.all

bench: ; $(GO) test -run '^$$' -bench . -benchtime 0.5s ./...

# Roster beside etcd, NATS and Redis in one run: about half an hour. make peers PEERS=-quick
# tries it out, PEERS="-systems etcd,roster -rows put" measures a part. Debian's redis-server
# is installed where it is missing and may be; without it the rest runs and says so.
peers:
	command -v redis-server >/dev/null || { test "$$(id -u)" = 0 && RUNLEVEL=1 apt-get install -qq -y --no-install-recommends redis-server; } || true
	cd bench/peers && $(GO) build -o ../../bin/peers . && ../../bin/peers $(PEERS)

# An image from a binary built here: needs no base image and no network.
image:
	mkdir -p bin/linux/data
	CGO_ENABLED=0 GOOS=linux $(GO) build -trimpath -ldflags "-s -w" -o bin/linux/roster ./cmd/node
	docker build -f Dockerfile.prebuilt -t roster:dev .

up: image ; $(COMPOSE) down && $(COMPOSE) up -d --no-build

down: ; $(COMPOSE) down

containers: ; ROSTER_PROCESSES=1 ROSTER_CONTAINERS=1 $(GO) test -count=1 -v ./internal/containers

ci: ; bash .ci/run

# What must hold before a release: about an hour on a machine that does nothing else.
release: ; bash .ci/release

clean: ; rm -rf bin out
