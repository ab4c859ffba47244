# kbridge: `make demo` shows it, `make test` proves it, `make help` lists the rest.
# Needs Go 1.25 or later, gcc and make.

GO      ?= go
ifeq ($(origin CC),default)
CC      := gcc
endif
ifeq ($(origin CXX),default)
CXX     := g++
endif
BUILD   := build
# macOS: not tried by anybody yet.
LIBFILE := libkailleraclient.$(if $(filter Darwin,$(shell uname -s)),dylib,so)
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Werror
LINK    := -L$(BUILD) -lkailleraclient -Wl,-rpath,'$$ORIGIN'
CHIP8   := examples/chip8
CHIP8_SOURCES := $(addprefix $(CHIP8)/,main.c play.c netplay.c machine.c games.c input.c report.c terminal.c)

# The demo's path: percent of datagrams lost, milliseconds one way.
LOSS    ?= 0
DELAY   ?= 0
JITTER  ?= 0
SECONDS ?= 10
# Seconds for each fuzz target.
FUZZTIME ?= 30s

# Hand `make GO=/path/to/go` on to the tests that build things themselves.
export GO CC

.DEFAULT_GOAL := help
.PHONY: help tools lib server examples demo test bench fuzz clean

help: ## this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tools:
	@for t in $(GO) $(CC); do command -v $$t >/dev/null 2>&1 || \
	  { echo "kbridge needs $$t, which is not installed (Debian: apt-get install golang gcc make; Go 1.25 or later)" >&2; exit 1; }; done

lib: tools ## build/libkailleraclient.so, the library that emulators link
	$(GO) build -buildmode=c-shared -trimpath -ldflags '-s -w' -o $(BUILD)/$(LIBFILE) ./cabi
	@rm -f $(BUILD)/libkailleraclient.h # Go's own; the contract is include/kailleraclient.h

server: tools ## build/kaillera-server
	$(GO) build -trimpath -o $(BUILD)/kaillera-server ./server/cmd/kaillera-server

examples: lib ## build/chip8, the model emulator
	@mkdir -p $(BUILD)/chip8-obj
	$(CC) -std=c99 $(WARN) $(CFLAGS) -o $(BUILD)/chip8-obj/asm $(CHIP8)/asm.c
	$(BUILD)/chip8-obj/asm $(CHIP8)/duel.8s $(BUILD)/chip8-obj/duel.c duel_rom
	$(CC) -std=c99 $(WARN) $(CFLAGS) -pthread -Iinclude -o $(BUILD)/chip8 $(CHIP8_SOURCES) $(BUILD)/chip8-obj/duel.c $(LINK)

demo: server examples ## two emulators play each other for ten seconds; LOSS= DELAY= JITTER= make the line bad
	$(GO) build -trimpath -o $(BUILD)/demo ./examples/demo
	$(BUILD)/demo --lib-dir $(BUILD) --seconds $(SECONDS) --loss $(LOSS) --delay $(DELAY) --jitter $(JITTER)

test: tools check ## everything: formatting, vet, staticcheck, headers, all tests with -race, a short lossy demo
	$(GO) test -race -timeout 20m ./...
	$(MAKE) --no-print-directory demo SECONDS=3 LOSS=10 DELAY=20 JITTER=5

.PHONY: check headers
check: tools headers
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

headers: tools # as the strictest users compile them
	@for h in include/*.h; do for std in c89 c99 c11; do \
	  echo "$(CC) -std=$$std -pedantic $(WARN) $$h"; \
	  $(CC) -std=$$std -pedantic $(WARN) -x c -fsyntax-only $$h || exit 1; done; done
	@if command -v $(CXX) >/dev/null 2>&1; then for h in include/*.h; do for std in c++98 c++17; do \
	  echo "$(CXX) -std=$$std -pedantic $(WARN) $$h"; \
	  $(CXX) -std=$$std -pedantic $(WARN) -x c++ -fsyntax-only $$h || exit 1; done; done; \
	else echo "skipped: the headers as C++, since $(CXX) is not installed"; fi

bench: server lib ## the numbers: codec, caches, frame paths, round trip, bytes on the wire
	@mkdir -p $(BUILD)
	$(CC) -std=c99 $(WARN) $(CFLAGS) -Iinclude -o $(BUILD)/roundtrip examples/bench/roundtrip/roundtrip.c $(LINK)
	$(GO) run ./examples/bench -build $(BUILD)

fuzz: tools ## every fuzz target for FUZZTIME each (default 30s)
	@for package in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "$$package $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$package || exit 1; \
	  done; \
	done

clean: ## remove everything that was built
	rm -rf $(BUILD)
