# SPDX-License-Identifier: Apache-2.0
# The commands of the project. Each works from a fresh clone: what is missing is installed first.
BUILD ?= build
BUILD_ASAN ?= build-asan
BUILD_TSAN ?= build-tsan
BUILD_FUZZ ?= build-fuzz
HOURS ?= 24
SEED ?= 1
FUZZ_SECONDS ?= 60

.PHONY: help deps configure build web run demo test test-unit test-asan test-tsan test-e2e test-docs size sim bench \
        fuzz fuzz-short tidy clean

help:
	@echo 'make run      broker, hub, model and a modelled window device; prints the address of the dashboard'
	@echo 'make demo     the same for a bounded time, with an account of what happened'
	@echo 'make test     every test'
	@echo 'make build size sim bench fuzz tidy clean'

deps:
	@tools/deps.sh

configure: deps
	@cmake -G Ninja -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null

build: configure web
	@ninja -C $(BUILD)

web: deps
	@tools/web.sh

run: build
	@tools/run.sh

demo: build
	@tools/demo.sh

test: test-unit test-asan test-tsan fuzz-short test-e2e test-docs
	@echo 'all tests passed'

test-unit: build
	@tools/ctest.sh $(BUILD)

test-asan: deps
	@cmake -G Ninja -S . -B $(BUILD_ASAN) -DCMAKE_BUILD_TYPE=Debug -DROOST_SANITIZE=ON -DROOST_ML=OFF \
	  -DROOST_RV32=OFF >/dev/null
	@ninja -C $(BUILD_ASAN)
	@tools/ctest.sh $(BUILD_ASAN)

test-tsan: deps
	@cmake -G Ninja -S . -B $(BUILD_TSAN) -DCMAKE_BUILD_TYPE=Debug -DROOST_SANITIZE=thread -DROOST_ML=OFF \
	  -DROOST_RV32=OFF >/dev/null
	@tools/tsan.sh $(BUILD_TSAN)

test-e2e: build
	@tests/e2e/run.sh $(BUILD)

test-docs: build
	@tests/docs/run.sh $(BUILD)

fuzz-short: deps
	@fuzz/run.sh 3 $(BUILD_FUZZ)

fuzz: deps
	@fuzz/run.sh $(FUZZ_SECONDS) $(BUILD_FUZZ)

size: configure
	@tools/size/size.sh $(BUILD)

sim: configure
	@ninja -C $(BUILD) roost-sim
	@$(BUILD)/bin/roost-sim --hours $(HOURS) --seed $(SEED)

bench: build
	@bench/run.sh $(BUILD)

tidy: configure
	@tools/tidy.sh $(BUILD)

clean:
	rm -rf $(BUILD) $(BUILD_ASAN) $(BUILD_TSAN) $(BUILD_FUZZ) .run web/dist web/node_modules tests/e2e/node_modules
