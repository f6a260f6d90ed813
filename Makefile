# The few commands a person types. Everything else is CMake (see CMakePresets.json).
PRESET ?= release
BUILD  := build/$(PRESET)
JOBS   ?= 2

# Compilation results are shared between clones and build directories.
export CCACHE_BASEDIR    := $(CURDIR)
export CCACHE_NOHASHDIR  := 1
export CCACHE_SLOPPINESS := time_macros

.PHONY: help deps build demo demo-cluster demo-hillstrom demo-cdnow up down test test-clients test-compose test-faults bench bench-cluster soak mutants fuzz lint fmt clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

deps: ## install what the project needs (Debian 12 or 13, as root or through sudo)
	@deploy/debian/install-deps

$(BUILD)/build.ninja: deps
	@[ -f $@ ] || cmake --preset $(PRESET) >/dev/null

build: deps $(BUILD)/build.ninja ## build everything
	@cmake --build $(BUILD) -j $(JOBS)

demo: build ## a simulated retailer, a win-back campaign, its measured lift (SIZE=100000)
	@$(BUILD)/bin/dangol-demo --bin-dir $(BUILD)/bin --examples examples --out build/demo $(if $(SIZE),--customers $(SIZE))

demo-cluster: build ## the same over Kafka and Redis, two of each service, on the live clock (SIZE=20000)
	@tools/loadgen/demo-cluster $(BUILD)/bin build/demo-cluster $(or $(SIZE),20000)

demo-hillstrom: build ## replay a real randomised e-mail campaign and compare with published results
	@tests/e2e/hillstrom --bin-dir $(BUILD)/bin || [ $$? -eq 77 ]

demo-cdnow: build ## a real shop's purchases: RFM grid and dormant tiers against references
	@tests/e2e/cdnow --bin-dir $(BUILD)/bin || [ $$? -eq 77 ]

test: build ## build and pass every test
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)
	@grep -h '^skipped:' $(BUILD)/Testing/Temporary/LastTest.log || true

up: ## the services over Kafka and Redis in containers, and how to call them (CLUSTER=1: more of each)
	@deploy/compose/up $(if $(CLUSTER),cluster)

down: ## stop those containers; what they keep stays (CLUSTER=1 as for up)
	@deploy/compose/down $(if $(CLUSTER),cluster)

test-clients: build ## grpcurl, and clients made of the protos in Python and Go; fetched on first use
	@tests/clients/run --bin-dir $(BUILD)/bin || [ $$? -eq 77 ]

test-compose: ## the image and docker-compose.yml, ROUNDS (20) of kills, the suites on Debian 13; needs Docker
	@tests/compose/run || [ $$? -eq 77 ]
	@tests/compose/kill --rounds $(or $(ROUNDS),20) $(if $(SEED),--seed $(SEED)) || [ $$? -eq 77 ]
	@tests/compose/suites || [ $$? -eq 77 ]

test-faults: build ## ROUNDS (20) of every fault of a cluster, or of ROW, against the invariants (SEED=n)
	@deploy/debian/install-deps faults.txt
	@tests/faults/run --bin-dir $(BUILD)/bin --rounds $(or $(ROUNDS),20) $(if $(ROW),--row $(ROW)) $(if $(SEED),--seed $(SEED))

bench: build ## speed and memory, as ratios against a peer in the same run
	@$(BUILD)/bin/dangol-bench --bin-dir $(BUILD)/bin --examples examples --out build/bench

bench-cluster: build ## the loop over Kafka and Redis, the same work on Kafka Streams, recovery
	@tests/bench/bench-cluster $(BUILD)/bin build/bench-cluster
	@tests/bench/streams/run --bin-dir $(BUILD)/bin --out build/bench-cluster || [ $$? -eq 77 ]
	@tests/bench/recovery --bin-dir $(BUILD)/bin --out build/bench-cluster || [ $$? -eq 77 ]

soak: build ## SEEDS (10000) of the simulation in two processes; what fails is shrunk
	@tests/simulation/soak.py $(BUILD)/tests/simulation_test --seeds $(or $(SEEDS),10000)

mutants: deps ## break the code in twenty-five places, one at a time: a test must fail
	@tests/mutants/run

fuzz: deps ## every parser and decoder against libFuzzer, SECONDS each (60)
	@deploy/debian/install-deps fuzz.txt
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz -j $(JOBS)
	@tests/fuzz/run build/fuzz/fuzz $(or $(SECONDS),60)

lint: deps ## clang-format, clang-tidy on the change since BASE, buf lint
	@deploy/debian/install-deps lint.txt
	@tests/tidy/lint

fmt: deps ## format the C++ code
	@deploy/debian/install-deps lint.txt
	@git ls-files '*.cc' '*.h' | xargs clang-format -i

clean: ## remove build results
	@rm -rf build
