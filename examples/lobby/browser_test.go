//go:build browser

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"kbridge/bridge/lobby/browsertest"
	"kbridge/examples/internal/process"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// Two real emulators, C programs with the built library, and the pages that it
// serves: from the favourite to the game and back to the emulators.
func TestBrowserWithRealEmulators(t *testing.T) {
	build, err := filepath.Abs(filepath.Join("..", "..", "build"))
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(build, "chip8")); err != nil {
		t.Skip("skipped: build/chip8 is not there (make examples server)")
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	address, err := freeAddress()
	require.NoError(t, err)
	server := process.Command(ctx, filepath.Join(build, "kaillera-server"), "-listen", address, "-log-level", "warn")
	require.NoError(t, server.Start())
	t.Cleanup(func() { cancel(); _ = server.Wait() })
	ended := make(chan string, 2)
	on := browsertest.Test
	var tabs []*browsertest.Tab
	for _, name := range []string{"ann", "bob"} {
		page, err := emulator(ctx, build, t.TempDir(), name, address, ended)
		require.NoError(t, err)
		tab := browsertest.Open(t, page)
		tab.View("servers")
		tab.Click(fmt.Sprintf("[data-address=%q] %s", address, on("connect")))
		tab.View("lobby")
		tabs = append(tabs, tab)
	}
	a, b := tabs[0], tabs[1]
	a.Click(on("create"))
	a.Type(on("find"), "Duel")
	a.Until("the game", "document.querySelector('[data-test=found] li')?.textContent === 'Duel'")
	a.Keys(kb.Enter)
	a.View("room")
	b.Click(on("join"))
	b.View("room")
	a.Until("both players", "document.querySelectorAll('[data-test=players] tr').length === 2")
	a.Click(on("start"))
	for _, tab := range tabs {
		tab.View("game")
		tab.Until("six seconds of frames",
			"Number([...document.querySelectorAll('.facts div')].find(d => d.textContent.startsWith('Frames'))?.querySelector('dd').textContent.replaceAll(',', '')) > 360")
	}
	b.Click(on("drop"))
	b.Click(on("yes"))
	b.Sees("you left the game")
	a.Click(on("back"))
	a.Click(on("yes"))
	a.View("ended")
	b.Click(on("back"))
	if b.Has(on("yes")) {
		b.Click(on("yes"))
	}
	b.View("ended")
	for range 2 {
		select {
		case <-ended:
		case <-time.After(browsertest.Patience):
			t.Fatal("an emulator does not end although its lobby is closed")
		}
	}
}
