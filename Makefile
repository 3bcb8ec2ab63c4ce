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
	@echo 'make run      broker, hub, model and a modelled window; prints the address of the dashboard; Ctrl-C ends it'
	@echo '              ports: ROOST_HTTP_PORT=8080 ROOST_MQTT_PORT=1883 ROOST_MODEL_PORT=9464;'
	@echo '              ROOST_ADDRESS=0.0.0.0 for devices on the network'
	@echo 'make demo     the same for a minute, with an account of what really happened'
	@echo 'make test     every test; parts of it: test-unit size test-asan test-tsan fuzz-short test-e2e test-docs'
	@echo 'make build    programs into $(BUILD)/bin, dashboard into web/dist'
	@echo 'make size     the portable code as rv32imc against its budget'
	@echo 'make sim      the system in virtual time: HOURS=$(HOURS) SEED=$(SEED)'
	@echo 'make bench    measurements beside other systems'
	@echo 'make fuzz     every fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS)'
	@echo 'make tidy     format and static analysis'
	@echo 'make clean    removes everything that was built, installed by npm, or left by make run'

deps:
	@tools/deps.sh

configure: deps
	@cmake -G Ninja -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null

build: configure web
	@ninja -C $(BUILD)

web: deps
	@tools/web.sh

run: build
	@tools/run.sh $(BUILD)

demo: build
	@tools/demo.sh $(BUILD)

test:
	@tools/stages.sh test-unit size test-asan test-tsan fuzz-short test-e2e test-docs

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
	@tests/ocpp/run.sh $(BUILD)

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
	@$(BUILD)/bin/roost-sim --product teddy --devices 50 --hours $(HOURS) --seed $(SEED)
	@$(BUILD)/bin/roost-sim --product charger --devices 100 --hours $(HOURS) --seed $(SEED)

bench: build
	@bench/run.sh $(BUILD)

tidy: configure
	@tools/tidy.sh $(BUILD)

clean:
	rm -rf $(BUILD) $(BUILD_ASAN) $(BUILD_TSAN) $(BUILD_FUZZ) .run web/dist \
	  web/node_modules tests/e2e/node_modules tests/ocpp/node_modules bench/node/node_modules
