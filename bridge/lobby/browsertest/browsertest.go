// Package browsertest drives the system's Chromium for tests of the lobby's page.
//
// One browser is started for a test binary, without a window; each Tab is a page of its own. They share their cookies,
// as the pages of two emulators on one machine do. A message on the page's console that is an error, and whatever its
// policy forbade, fails the test. Where no Chromium is installed the test is skipped and says so.
//
// What it must not do: it is for tests only, and opens nothing but what it is told.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"kbridge/kclient/guard"
)

// Patience bounds every wait.
const Patience = 30 * time.Second

// names are those under which Chromium is installed.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

var (
	once    sync.Once
	browser context.Context
	stop    func()
	failure error
)

// Main runs a package's tests and ends the browser after them.
func Main(m *testing.M) {
	code := m.Run()
	if stop != nil {
		stop()
	}
	os.Exit(code)
}

func start() {
	path := ""
	for _, name := range names {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		failure = fmt.Errorf("none of %s is installed (Debian: apt-get install chromium)", strings.Join(names, ", "))
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WindowSize(1280, 800),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("mute-audio", true),
		chromedp.Flag("lang", "en-US"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox does not work for root
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	// it names events of newer Chromiums
	ctx, endBrowser := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	stop = func() { endBrowser(); endAllocator() }
	browser = ctx
	failure = chromedp.Run(ctx)
}

// Tab is one page.
type Tab struct {
	T   testing.TB
	ctx context.Context

	mu    sync.Mutex
	wrong []string
	allow []string
}

// Open opens a page, or a file.
func Open(t testing.TB, url string) *Tab {
	t.Helper()
	if filepath.IsAbs(url) {
		url = "file://" + filepath.ToSlash(url)
	}
	once.Do(start)
	if failure != nil {
		if browser == nil {
			t.Skipf("skipped: the page cannot be tried: %v", failure)
		}
		t.Fatalf("Chromium does not start: %v", failure)
	}
	ctx, cancel := chromedp.NewContext(browser)
	tab := &Tab{T: t, ctx: ctx}
	chromedp.ListenTarget(ctx, tab.listen)
	t.Cleanup(func() {
		if t.Failed() {
			tab.Screenshot(filepath.Join(os.TempDir(), "kbridge-failed-"+strings.ReplaceAll(t.Name(), "/", "-")+".png"))
		}
		cancel()
		tab.mu.Lock()
		defer tab.mu.Unlock()
		for _, w := range tab.wrong {
			t.Errorf("the page's console: %s", w)
		}
	})
	tab.Do(log.Enable(), runtime.Enable(), emulation.SetFocusEmulationEnabled(true), chromedp.Navigate(url))
	return tab
}

// Allow says that console messages with these words are no fault.
func (tab *Tab) Allow(words ...string) *Tab {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.allow = append(tab.allow, words...)
	return tab
}

func (tab *Tab) listen(event any) {
	text := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError {
			text = e.Entry.Text + " " + e.Entry.URL
		}
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError {
			text = fmt.Sprintf("console.error %s", e.Args[0].Value)
		}
	}
	if text == "" {
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, words := range tab.allow {
		if strings.Contains(text, words) {
			return
		}
	}
	tab.wrong = append(tab.wrong, text)
}

// Do runs actions, and fails the test if they do not succeed in time.
func (tab *Tab) Do(actions ...chromedp.Action) {
	tab.T.Helper()
	// The first Run of a tab makes it live as long as its context, so the limit is
	// beside it.
	done := make(chan error, 1)
	guard.Go("the page", func() { done <- chromedp.Run(tab.ctx, actions...) }, func(f *guard.Fault) { done <- f })
	select {
	case err := <-done:
		if err != nil {
			tab.T.Fatalf("the page: %v", err)
		}
	case <-time.After(Patience):
		tab.T.Fatalf("the page does not answer")
	}
}

// Eval evaluates a script's expression into a value.
func (tab *Tab) Eval(script string, into any) {
	tab.T.Helper()
	tab.Do(chromedp.Evaluate(script, into))
}

// Until waits until an expression is true.
func (tab *Tab) Until(what, script string) {
	tab.T.Helper()
	deadline := time.Now().Add(Patience)
	tab.Do(page.BringToFront()) // a page behind another one is not drawn
	for {
		if tab.holds(script) {
			return
		}
		if time.Now().After(deadline) {
			var text string
			tab.Eval("document.body.dataset.view + ': ' + document.body.innerText.slice(0, 1500)", &text)
			tab.T.Fatalf("waited for %s; the page shows %s", what, text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// holds reports whether an expression is true now. A page that is just going
// elsewhere has none that is.
func (tab *Tab) holds(script string) (ok bool) {
	done := make(chan error, 1)
	guard.Go("the page", func() { done <- chromedp.Run(tab.ctx, chromedp.Evaluate("Boolean("+script+")", &ok)) },
		func(f *guard.Fault) { done <- f })
	select {
	case err := <-done:
		return err == nil && ok
	case <-time.After(Patience):
		return false
	}
}

// View waits for a view.
func (tab *Tab) View(name string) {
	tab.T.Helper()
	tab.Until("the view "+name, fmt.Sprintf("document.body.dataset.view === %q", name))
}

// Sees waits for a text on the page.
func (tab *Tab) Sees(text string) {
	tab.T.Helper()
	tab.Until(fmt.Sprintf("the text %q", text), fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// Test is the selector of what carries this name for tests.
func Test(name string) string { return fmt.Sprintf("[data-test=%q]", name) }

// Has reports whether a selector finds something that shows.
func (tab *Tab) Has(selector string) bool {
	return tab.holds(fmt.Sprintf("document.querySelector(%q)?.getClientRects().length", selector))
}

// Click clicks what a selector finds, once it is there and enabled.
func (tab *Tab) Click(selector string) {
	tab.T.Helper()
	tab.Until(selector+" that can be clicked",
		fmt.Sprintf("(e => e && !e.disabled && e.getClientRects().length)(document.querySelector(%q))", selector))
	tab.Do(chromedp.Evaluate(fmt.Sprintf("(e => { e.scrollIntoView({block: 'center'}); e.focus(); e.click(); })(document.querySelector(%q))", selector), nil))
}

// Type writes into a field that a selector finds, in place of what is there, with
// real key strokes.
func (tab *Tab) Type(selector, text string) {
	tab.T.Helper()
	tab.Until(selector, fmt.Sprintf("document.querySelector(%q)", selector))
	tab.Do(chromedp.Evaluate(fmt.Sprintf("(e => { e.focus(); e.select && e.select(); })(document.querySelector(%q))",
		selector), nil), chromedp.KeyEvent(text))
}

// Keys presses keys where the focus is.
func (tab *Tab) Keys(keys string) {
	tab.T.Helper()
	tab.Do(chromedp.KeyEvent(keys))
}

// Size gives the page another size.
func (tab *Tab) Size(width, height int64) { tab.Do(chromedp.EmulateViewport(width, height)) }

// Screenshot writes what the page shows to a PNG file.
func (tab *Tab) Screenshot(file string) {
	var png []byte
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	// A page behind another one is not drawn.
	if err := chromedp.Run(ctx, page.BringToFront(), chromedp.CaptureScreenshot(&png)); err != nil {
		tab.T.Logf("no screenshot: %v", err)
		return
	}
	_ = os.MkdirAll(filepath.Dir(file), 0o755)
	if err := os.WriteFile(file, png, 0o644); err != nil {
		tab.T.Logf("no screenshot: %v", err)
	}
}
