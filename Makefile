# kbridge: `make demo` shows it, `make test` proves it, `make help` lists the rest.
# Needs Go 1.26 or later, gcc and make.

GO      ?= go
ifeq ($(origin CC),default)
CC      := gcc
endif
ifeq ($(origin CXX),default)
CXX     := g++
endif
BUILD   := build
# The number that the programs say too; they add the revision that Go notes when it builds in a clone.
VERSION := $(shell cat kclient/version/VERSION)
# What is handed to others notes its revision whatever GOFLAGS says. Go does not in a worktree (git worktree add).
RELEASE := -trimpath -buildvcs=auto
# macOS: not tried by anybody yet.
LIBFILE := libkailleraclient.$(if $(filter Darwin,$(shell uname -s)),dylib,so)
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Werror
LINK    := -L$(BUILD) -lkailleraclient -Wl,-rpath,'$$ORIGIN'
CHIP8   := examples/chip8
CHIP8_SOURCES := $(addprefix $(CHIP8)/,main.c play.c netplay.c machine.c games.c input.c report.c terminal.c)

# The compilers of `make dll`, and where its files go.
MINGW32 ?= i686-w64-mingw32
MINGW64 ?= x86_64-w64-mingw32
WINHOST := examples/winhost
WIN32   := $(BUILD)/windows-386
WIN64   := $(BUILD)/windows-amd64

# The demos' lines: how far each player is from the server, in milliseconds one way (DELAY= sets both), percent of
# datagrams lost, milliseconds by which one may come earlier or later.
DISTANCES ?= 5,45
DELAY     ?=
LOSS      ?= 0
JITTER    ?= 0
LINES      = --distances $(or $(DELAY),$(DISTANCES)) --loss $(LOSS) --jitter $(JITTER)
SECONDS   ?= 10
# Minutes of `make soak`.
MINUTES ?= 10
# For each fuzz target: a time, or a number of inputs (10000x).
FUZZTIME ?= 30s

# Hand `make GO=/path/to/go` on to the tests that build things themselves.
export GO CC

.DEFAULT_GOAL := help
.PHONY: help tools lib server examples demo demo-comeback test bench fuzz clean

help: ## this list
	@echo "kbridge $(VERSION)"
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tools:
	@for t in $(GO) $(CC); do command -v $$t >/dev/null 2>&1 || \
	  { echo "kbridge needs $$t, which is not installed (Debian: apt-get install golang gcc make; Go 1.26 or later)" >&2; exit 1; }; done

lib: tools ## build/libkailleraclient.so, the library that emulators link
	$(GO) build -buildmode=c-shared $(RELEASE) -ldflags '-s -w' -o $(BUILD)/$(LIBFILE) ./cabi
	@rm -f $(BUILD)/libkailleraclient.h # Go's own; the contract is include/kailleraclient.h

server: tools ## build/kaillera-server
	$(GO) build $(RELEASE) -o $(BUILD)/kaillera-server ./server/cmd/kaillera-server

examples: lib ## build/chip8, the model emulator
	@mkdir -p $(BUILD)/chip8-obj
	$(CC) -std=c99 $(WARN) $(CFLAGS) -o $(BUILD)/chip8-obj/asm $(CHIP8)/asm.c
	$(BUILD)/chip8-obj/asm $(CHIP8)/duel.8s $(BUILD)/chip8-obj/duel.c duel_rom
	$(CC) -std=c99 $(WARN) $(CFLAGS) -pthread -Iinclude -o $(BUILD)/chip8 $(CHIP8_SOURCES) $(BUILD)/chip8-obj/duel.c $(LINK)

demo: server examples ## two emulators at different distances play each other for ten seconds; DISTANCES= LOSS= JITTER= make their lines
	$(GO) build -trimpath -o $(BUILD)/demo ./examples/demo
	$(BUILD)/demo --lib-dir $(BUILD) --seconds $(SECONDS) $(LINES)

demo-comeback: server examples ## the same, but one emulator is killed in mid-game and comes back
	$(GO) build -trimpath -o $(BUILD)/demo ./examples/demo
	$(BUILD)/demo --lib-dir $(BUILD) --seconds 20 --crash 6 $(LINES)

test: tools check ## everything: formatting, vet, staticcheck, headers, all tests with -race, a short lossy demo
	$(GO) test -race -timeout 20m ./...
	$(GO) test -timeout 20m ./server # with the scenes that are too long for the race detector
	$(MAKE) --no-print-directory demo SECONDS=3 LOSS=10 JITTER=5
	$(MAKE) --no-print-directory demo-comeback LOSS=2 JITTER=3
	@command -v $(MINGW32)-gcc >/dev/null && command -v $(MINGW64)-gcc >/dev/null || \
	  echo "make test: SKIPPED the build and the export tables of the Windows library (Debian: apt-get install gcc-mingw-w64)"
	@if $(WINHOST)/wine-setup.sh --check; then $(MAKE) --no-print-directory test-windows; else \
	  echo "make test: SKIPPED the Windows library under Wine: see the line above; $(WINHOST)/wine-setup.sh, as root, sets it up"; fi

.PHONY: test-browser lobby-demo
test-browser: server examples ## the lobby's page in a real Chromium, and pictures of every view in build/screens
	$(GO) vet -tags browser ./bridge/lobby/... ./examples/lobby
	$(GO) test -tags browser -timeout 10m -run 'Browser|Screens' ./bridge/lobby ./examples/lobby

lobby-demo: server examples ## a server, two emulators and two lobbies in the browser
	$(GO) build -trimpath -o $(BUILD)/lobby-demo ./examples/lobby
	$(BUILD)/lobby-demo -build $(BUILD)

.PHONY: check headers
check: tools headers
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	@for os in darwin windows; do echo "go vet for $$os, all but cabi, which needs that system's C compiler"; \
	  CGO_ENABLED=0 GOOS=$$os $(GO) vet $$($(GO) list ./... | grep -v '/cabi$$') || exit 1; done
	$(GO) tool staticcheck ./...

headers: tools # as the strictest users compile them
	@for h in include/*.h; do for std in c89 c99 c11; do \
	  echo "$(CC) -std=$$std -pedantic $(WARN) $$h"; \
	  $(CC) -std=$$std -pedantic $(WARN) -x c -fsyntax-only $$h || exit 1; done; done
	@if command -v $(CXX) >/dev/null 2>&1; then for h in include/*.h; do for std in c++98 c++17; do \
	  echo "$(CXX) -std=$$std -pedantic $(WARN) $$h"; \
	  $(CXX) -std=$$std -pedantic $(WARN) -x c++ -fsyntax-only $$h || exit 1; done; done; \
	else echo "skipped: the headers as C++, since $(CXX) is not installed"; fi

.PHONY: dll windows-tools test-windows
windows-tools: tools
	@for t in $(MINGW32)-gcc $(MINGW64)-gcc; do command -v $$t >/dev/null 2>&1 || \
	  { echo "make dll needs $$t, which is not installed (Debian: apt-get install gcc-mingw-w64)" >&2; exit 1; }; done

# As the resources of Windows have it: 0,1,0,0 of 0.1.0-dev.
comma := ,
VERSION_NUMBERS := $(subst .,$(comma),$(firstword $(subst -, ,$(VERSION)))),0

# $(call windows_dll,GOARCH,mingw prefix,folder,.def of the import library)
# Go puts its own //export names in a .def of its own unless it is told to export all; the second flag takes that
# back, which leaves the names in ours.
define windows_dll
	@mkdir -p $(3)
	$(2)-windres -O coff -DVERSION=$(VERSION) -DVERSION_NUMBERS=$(VERSION_NUMBERS) -o $(3)/version.o cabi/version.rc
	CGO_ENABLED=1 GOOS=windows GOARCH=$(1) CC=$(2)-gcc $(GO) build -buildmode=c-shared $(RELEASE) -ldflags '-s -w \
	  -extldflags "$(CURDIR)/cabi/exports_windows_$(1).def $(CURDIR)/$(3)/version.o -Wl,--export-all-symbols -Wl,--exclude-all-symbols"' \
	  -o $(3)/kailleraclient.dll ./cabi
	@rm -f $(3)/kailleraclient.h $(3)/version.o
	$(2)-dlltool -d cabi/$(4) -l $(3)/libkailleraclient.a
	cp $(3)/libkailleraclient.a $(3)/kailleraclient.lib
endef

dll: windows-tools ## kailleraclient.dll for Windows emulators, 32 and 64 bits, with import libraries
	$(call windows_dll,386,$(MINGW32),$(WIN32),imports_windows_386.def)
	$(call windows_dll,amd64,$(MINGW64),$(WIN64),exports_windows_amd64.def)
	cp $(WIN64)/kailleraclient.dll $(WIN64)/kailleraclient64.dll

# $(call windows_programs,GOARCH,mingw prefix,folder): a host that loads the library, one that does what old emulators
# do, the same with a huge stack, a plug-in for that, one that was linked with the library, one in C++ whose callbacks
# throw (with the libgcc that it and the library have to share), and the tests of the sockets.
define windows_programs
	$(2)-gcc -std=c99 $(WARN) -O2 -Iinclude -o $(3)/winhost.exe $(addprefix $(WINHOST)/,winhost.c window.c library.c checks.c text.c)
	$(2)-gcc -std=c99 $(WARN) -O2 -Iinclude -o $(3)/habits.exe $(wildcard $(WINHOST)/habit*.c) $(addprefix $(WINHOST)/,host.c partner.c library.c) -lole32 -luuid
	$(2)-gcc -std=c99 $(WARN) -O2 -Iinclude -Wl,--stack,134217728 -o $(3)/habits-large.exe $(wildcard $(WINHOST)/habit*.c) $(addprefix $(WINHOST)/,host.c partner.c library.c) -lole32 -luuid
	$(2)-gcc -std=c99 $(WARN) -O2 -Iinclude -shared -o $(3)/plugin.dll $(WINHOST)/plugin.c $(WINHOST)/library.c
	$(2)-gcc -std=c99 $(WARN) -O2 -Iinclude -o $(3)/linked.exe $(WINHOST)/linked.c -L$(3) -lkailleraclient
	$(2)-g++ -std=c++11 $(WARN) -O2 -Iinclude -static-libstdc++ -shared-libgcc -o $(3)/exceptions.exe $(WINHOST)/exceptions.cc -L$(3) -lkailleraclient
	cp $$(dirname $$($(2)-g++ -print-libgcc-file-name))/libgcc_s_*.dll $(3)/
	CGO_ENABLED=0 GOOS=windows GOARCH=$(1) $(GO) test -c -o $(3)/udp-test.exe ./kclient/udp
endef

test-windows: dll lib server examples ## the Windows library for real, under Wine, with Linux in the same game
	@$(WINHOST)/wine-setup.sh --check
	$(call windows_programs,386,$(MINGW32),$(WIN32))
	$(call windows_programs,amd64,$(MINGW64),$(WIN64))
	$(GO) build -trimpath -o $(BUILD)/line ./$(WINHOST)/line
	$(WINHOST)/test.sh $(BUILD)

bench: server lib ## the numbers: codec, caches, frame paths, round trip, bytes on the wire
	@mkdir -p $(BUILD)
	$(CC) -std=c99 $(WARN) $(CFLAGS) -Iinclude -o $(BUILD)/roundtrip examples/bench/roundtrip/roundtrip.c $(LINK)
	$(GO) run ./examples/bench -build $(BUILD)

.PHONY: sim soak
sim: tools ## the laboratory: whole games over bad networks in virtual time, beside classic peers and an oracle
	@mkdir -p $(BUILD)
	$(GO) build -trimpath -o $(BUILD)/sim ./examples/sim
	$(BUILD)/sim -keep $(BUILD)/sim-failures

soak: tools ## games at 60 frames a second while the server is attacked; MINUTES=10
	@mkdir -p $(BUILD)
	$(GO) build -trimpath -o $(BUILD)/soak ./examples/soak
	$(BUILD)/soak -minutes $(MINUTES)

# Until Go 1.27 a time may end a target with "context deadline exceeded" although it has found
# nothing (https://go.dev/issue/75804). That one, and no other failure, is tried once more with a
# number of inputs, which has no deadline.
FUZZ         = $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzzminimizetime 10x
FUZZ_COUNTED = 1000x
fuzz: tools ## every fuzz target for FUZZTIME each (default 30s; or 10000x)
	@mkdir -p $(BUILD)
	@for package in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "$$package $$target"; \
	    $(FUZZ) -fuzztime $(FUZZTIME) $$package 2>&1 | tee $(BUILD)/fuzz.log; \
	    grep -q '^ok' $(BUILD)/fuzz.log && continue; \
	    grep -q '^    context deadline exceeded$$' $(BUILD)/fuzz.log || exit 1; \
	    echo "once more: $(FUZZ_COUNTED) inputs of $$target"; \
	    $(FUZZ) -fuzztime $(FUZZ_COUNTED) $$package || exit 1; \
	  done; \
	done

.PHONY: fuzz-rooms
fuzz-rooms: tools ## rooms of random peers, honest and not, against the server for SECONDS; SEED= begins with that seed
	KBRIDGE_ROOMS_SECONDS=$(SECONDS) KBRIDGE_ROOMS_SEED=$(SEED) $(GO) test -count=1 -v -run '^TestRandomRooms$$' ./server

# The Lua that MAME is linked with, and the folder of its headers.
LUA         ?= lua5.3
LUA_INCLUDE ?= /usr/include/$(LUA)
MAME        := examples/mame
# Empty if all is there that the MAME targets need.
MAME_LACKS  = $(strip $(shell PATH="$$PATH:/usr/games"; for p in mame Xvfb; do command -v $$p >/dev/null || echo $$p; done; test -e $(LUA_INCLUDE)/lua.h || echo $(LUA)))

.PHONY: mame demo-mame test-mame
mame: lib server ## build/mame: the plugin with which an unmodified MAME plays online
	@test -e $(LUA_INCLUDE)/lua.h || { echo "the module for MAME needs $(LUA_INCLUDE)/lua.h, which is not there (Debian: apt-get install lib$(LUA)-dev)" >&2; exit 1; }
	@rm -rf $(BUILD)/mame/plugins && mkdir -p $(BUILD)/mame
	cp -r $(MAME)/plugins $(MAME)/kmame $(BUILD)/libkailleraclient.so $(BUILD)/mame/
	$(CC) -std=c99 $(WARN) $(CFLAGS) -fPIC -shared -pthread -Iinclude -I$(LUA_INCLUDE) -o $(BUILD)/mame/kbridge.so $(MAME)/kbridge.c -L$(BUILD)/mame -lkailleraclient -Wl,-rpath,'$$ORIGIN'

demo-mame: mame ## two MAMEs play each other for minutes; screenshots in build/screens
	$(GO) build -trimpath -o $(BUILD)/mame/demo ./$(MAME)/demo
	$(BUILD)/mame/demo -build $(BUILD) -distances $(or $(DELAY),$(DISTANCES))

ifeq ($(MAME_LACKS),)
test-mame: mame ## the same in seconds
	$(CC) -std=c99 $(WARN) $(CFLAGS) -I$(LUA_INCLUDE) -o $(BUILD)/mame/lua $(MAME)/test/lua.c -l$(LUA)
	$(BUILD)/mame/lua $(MAME)/test/plugin.lua
	$(GO) build -trimpath -o $(BUILD)/mame/demo ./$(MAME)/demo
	$(BUILD)/mame/demo -short -build $(BUILD)
else
test-mame:
	@echo "test-mame skipped: $(MAME_LACKS) not installed (Debian: apt-get install mame xvfb lib$(LUA)-dev)"
endif

clean: ## remove everything that was built
	rm -rf $(BUILD)
