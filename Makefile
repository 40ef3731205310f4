# make demo   sweep a photograph and three rendered people with the built-in networks and write a report
# make test   build and run all tests
# make test-isa  run all tests at baseline instructions and at AVX2
# make test-memory  run all tests under AddressSanitizer, for hours, and short commands under valgrind
# make test-valgrind  run the shortest of these commands under valgrind
# make test-sanitized  run short commands under AddressSanitizer and ThreadSanitizer, and tests of files and memory
# make test-slurm  run the example for clusters on a Slurm of this machine
# make figures  make the reference figures, help texts and the sample report anew
# make bench  time sweeps beside PyTorch and OpenVINO, for an hour
# make fuzz   fuzz every file reader, for a quarter of an hour
# make torture  disturb every command in every way, for SECONDS (default: an hour)
# make install    install the program, its data, man pages and completions into PREFIX (default: /usr/local)
# make uninstall  remove them
#
# Every target first installs missing Debian packages, with sudo where needed. It changes nothing else, and
# downloads nothing when nothing is missing.

.PHONY: help demo figures test explorer-checks test-isa test-numerics test-memory test-valgrind test-sanitized test-install test-slurm test-library torture fuzz bench setup release install uninstall build lint clean toolchain packages test-packages

# Libraries to build against, pkg-config, and the typeface of the figures.
PACKAGES = libopenblas-dev libdnnl-dev libcairo2-dev libpango1.0-dev libpng-dev zlib1g-dev libzstd-dev \
  liblzma-dev libbz2-dev libssl-dev libjpeg62-turbo-dev libtiff-dev libwebp-dev libgdk-pixbuf-2.0-dev \
  pkg-config fonts-dejavu-core
# For the Python readers of the tests, which come from PyPI into .build/python-venv.
TEST_PACKAGES = python3-venv ca-certificates
# Browsers, and what their checks are written in.
EXPLORER_PACKAGES = chromium-headless-shell firefox-esr python3-venv

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
	@echo 'make setup  install missing Debian packages; there are also build, lint and clean'

demo: build
	@.build/release/penumbra demo

# One build serves the program and its tests: they import no module as @testable.
test: toolchain test-packages
	@Tests/python-venv || echo 'make: the tests that read files with Python are skipped' >&2
	@$(TEST)

# What the tests of the explorer's page need: with these `make test` looks at it in a browser, without it does not.
explorer-checks:
	$(call install,$(EXPLORER_PACKAGES))
	@Tests/explorer-venv
	@.build/explorer-venv/bin/biome ci Sources/Explorer Tests/Explorer
	@.build/explorer-venv/lib/python3*/site-packages/playwright/driver/node --test Tests/Explorer/units.test.js

# OPENBLAS_CORETYPE sets OpenBLAS's kernel for the level; with its own choice it would not be used.
TEST = swift test -c release --disable-testable-imports --disable-xctest
test-isa: toolchain test-packages
	@Tests/python-venv || echo 'make: the tests that read files with Python are skipped' >&2
	@PENUMBRA_ISA=baseline OPENBLAS_CORETYPE=Prescott $(TEST)
	@PENUMBRA_ISA=avx2 OPENBLAS_CORETYPE=Haswell $(TEST)

test-memory: build test-packages
	$(call install,valgrind)
	@Tests/valgrind
	@Tests/sanitize address all

test-valgrind: build
	$(call install,valgrind)
	@Tests/valgrind tiny

# A build for each: every access to memory and undefined behaviour in C, and threads. A build uses one processor most of the
# time: both at once.
test-sanitized: setup
	@Tests/sanitize address & address=$$!; Tests/sanitize thread; thread=$$?; wait $$address && exit $$thread

# Debian's Slurm, with its states in a temporary folder.
test-slurm: build
	$(call install,slurmctld slurmd slurm-client munge)
	@Tests/slurm

# The tests of numbers, limited to AVX2; a processor that has no more has run them in `make test`.
test-numerics: toolchain packages
	@! grep -q avx512f /proc/cpuinfo || PENUMBRA_ISA=avx2 OPENBLAS_CORETYPE=Haswell $(TEST) --filter '(Tensor|Body|Network|Sweep|Training)Tests'

bench: build test-packages
	@Tests/peers-venv
	@.build/peers-venv/bin/python Tests/Peers/bench.py
	@.build/peers-venv/bin/python Tests/Peers/bench.py --isa avx2

torture: build
	@Tests/torture --seconds $(or $(SECONDS),3600)

# Three minutes for every reader of files.
fuzz: setup
	@Tests/fuzz 180

build: setup
	@swift build -c release --product penumbra

setup: toolchain packages

# What is installed, as it will be in PREFIX. The Swift runtime is linked into the program, so that it needs Debian's
# libraries alone, and no folder of this build. When all is made, `sudo make install` needs no compiler.
PREFIX ?= /usr/local
DESTDIR ?=
STAGE = .build-install/stage
# All that the program reads of Fixtures: the bodies, poses and motions, and every network but `parts`, a start of trainings.
DATA = astronaut.png README.md networks/blazepose.LICENSE $(patsubst Fixtures/%,%,$(filter-out %/parts.safetensors,$(wildcard Fixtures/*.npz \
  Fixtures/networks/*.safetensors Fixtures/panoramas/*.jpg Fixtures/people/*.png Fixtures/people/*.json)))

release: $(STAGE)/.made

$(STAGE)/.made: $(shell find Sources -type f) Package.swift Makefile docs/manpages $(addprefix Fixtures/,$(DATA))
	@$(MAKE) --no-print-directory setup
	@swift build -c release --product penumbra --static-swift-stdlib --scratch-path .build-install
	@rm -rf $(STAGE)
	@install -D .build-install/release/penumbra $(STAGE)/bin/penumbra
	@strip $(STAGE)/bin/penumbra
	@for file in $(DATA); do install -D -m 644 Fixtures/$$file $(STAGE)/share/penumbra/$$file || exit 1; done
	@install -D -m 644 LICENSE $(STAGE)/share/penumbra/LICENSE
	@docs/manpages $(STAGE)/bin/penumbra $(STAGE)/share/man/man1
	@for at in bash:bash-completion/completions/penumbra zsh:zsh/site-functions/_penumbra \
	  fish:fish/vendor_completions.d/penumbra.fish; do \
	  mkdir -p $(STAGE)/share/$$(dirname $${at#*:}) && \
	  $(STAGE)/bin/penumbra --generate-completion-script $${at%%:*} > $(STAGE)/share/$${at#*:} || exit 1; \
	done
	@touch $@

install: release
	@cd $(STAGE) && find bin share -type f | sort | while read -r file; do \
	  mode=644; if [ -x "$$file" ]; then mode=755; fi; \
	  install -D -m $$mode "$$file" "$(DESTDIR)$(PREFIX)/$$file" || exit 1; \
	done
	@echo 'installed $(DESTDIR)$(PREFIX)/bin/penumbra'

# Needs nothing but the lists of what may be there.
uninstall:
	@rm -rf "$(DESTDIR)$(PREFIX)/share/penumbra"
	@rm -f "$(DESTDIR)$(PREFIX)/bin/penumbra" "$(DESTDIR)$(PREFIX)"/share/man/man1/penumbra.1 \
	  "$(DESTDIR)$(PREFIX)"/share/man/man1/penumbra-*.1 \
	  "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/penumbra" \
	  "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_penumbra" \
	  "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/penumbra.fish"

# Makes the reference figures of the tests, the help texts and the sample report anew; look at them before committing.
figures: build test-packages
	@PENUMBRA_RENEW=1 $(TEST) --filter FigureTests
	@for file in Fixtures/help/*.txt; do command=$$(basename "$$file" .txt); \
	  COLUMNS=80 .build/release/penumbra help $$(test "$$command" = penumbra || echo "$$command") > "$$file"; done
	@.build/release/penumbra demo
	@cp Reports/demo/report.pdf Reports/demo/explorer.html Reports/sample
	@cp Reports/demo/figures/first-page.png Reports/sample/overview.png

# Installs, moves, uses and removes it, where the repository is hidden.
test-install: release
	@Tests/installed

# Builds and runs a program of another package that imports the rooms.
test-library: toolchain packages
	@Tests/library

lint: toolchain
	@swift format lint -r --strict Sources Tests Plugins Examples Package.swift

clean:
	@swift package clean
	@rm -rf .build-install

toolchain:
	@version=$$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1); \
	if [ -z "$$version" ]; then \
	  echo 'make: swift is not in PATH; install Swift 6.2 or newer from https://www.swift.org/install/linux' >&2; \
	  exit 1; \
	fi; \
	set -- $$version; \
	if [ $$(($$1 * 1000 + $$2)) -lt 6002 ]; then \
	  echo "make: this is Swift $$1.$$2; install 6.2 or newer from https://www.swift.org/install/linux" >&2; \
	  exit 1; \
	fi

packages:
	$(call install,$(PACKAGES))

test-packages:
	$(call install,$(PACKAGES) $(TEST_PACKAGES))

# Installs missing packages. Stale lists do no harm, so a failing update passes.
define install
@if ! command -v dpkg >/dev/null; then \
  echo 'make: this is not Debian; continuing as if these had been installed: $(1)' >&2; \
  exit 0; \
fi; \
missing=; \
for package in $(1); do \
  dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q ' ok installed$$' \
    || missing="$$missing $$package"; \
done; \
if [ -z "$$missing" ]; then exit 0; fi; \
if [ "$$(id -u)" = 0 ]; then as_root=; \
elif command -v sudo >/dev/null; then as_root=sudo; \
else \
  echo "make: packages are missing and there is no sudo; as root: apt-get install$$missing" >&2; \
  exit 1; \
fi; \
echo "make: installing$$missing" >&2; \
$$as_root apt-get update -qq || true; \
$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing
endef
