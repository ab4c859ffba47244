package lobby_test

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func listen(t *testing.T) net.Listener {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

// hold opens connections to a lobby, says begin on each, and keeps them.
func hold(t *testing.T, host string, n int, begin string) []net.Conn {
	var held []net.Conn
	for range n {
		c, err := net.Dial("tcp4", host)
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		_, _ = c.Write([]byte(begin))
		held = append(held, c)
	}
	return held
}

// load is how long a new browser takes to have the page and its socket.
func load(t *testing.T, o *opened) (*guest, time.Duration) {
	t.Helper()
	begun := time.Now()
	g := newGuest(t)
	code, _ := g.enter(o.address())
	require.Equal(t, http.StatusOK, code)
	for _, file := range []string{"main.js", "style.css", "texts.json"} {
		res, _, err := g.get(g.base + file)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, res.StatusCode)
	}
	c, err := g.socket(g.origin())
	require.NoError(t, err)
	_, _, err = c.Read(context.Background())
	require.NoError(t, err)
	return g, time.Since(begun)
}

// Row 43: 200 connections that stand there keep nobody out: the page loads, and a page that is open stays so.
func TestIdleConnectionsKeepNobodyOut(t *testing.T) {
	for name, begin := range map[string]string{"idle": "", "in the middle of a header": "GET / HTTP/1.1\r\nHost: "} {
		t.Run(name, func(t *testing.T) {
			o := openLobby(t)
			before, alone := load(t, o)
			hold(t, hostOf(t, o.address()), 200, begin)
			after, held := load(t, o)
			t.Logf("the page loads in %v; with 200 connections %s in %v", alone, name, held)
			for _, g := range []*guest{before, after} {
				res, _, err := g.get(g.base)
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, res.StatusCode)
			}
		})
	}
}

// Row 43: whoever sends a header byte by byte keeps nobody out, and does not keep its place.
func TestSlowHeadersKeepNobodyOut(t *testing.T) {
	o := openLobby(t)
	held := hold(t, hostOf(t, o.address()), 200, "GET / HTTP/1.1\r\nX: ")
	stop := make(chan struct{})
	var all sync.WaitGroup
	for _, c := range held {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(50 * time.Millisecond):
				}
				if _, err := c.Write([]byte("x")); err != nil {
					return
				}
			}
		})
	}
	_, took := load(t, o)
	t.Logf("with 200 slow headers the page loads in %v", took)
	last := held[len(held)-1]
	begun := time.Now()
	_ = last.SetReadDeadline(time.Now().Add(soon))
	_, err := last.Read(make([]byte, 1))
	require.Error(t, err, "it is closed, not waited for")
	t.Logf("a slow header is cut off after %v", time.Since(begun))
	close(stop)
	all.Wait()
}

// Row 43: connections that come when all places are taken cost nothing that stays.
func TestRefusedConnectionsPileNothingUp(t *testing.T) {
	const many = 4000
	o := openLobby(t)
	host := hostOf(t, o.address())
	hold(t, host, 64, "")
	stack := func() int {
		runtime.GC() // stacks shrink in it
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.StackInuse >> 10)
	}
	before, after := stack(), 0
	for range many {
		c, err := net.Dial("tcp4", host)
		require.NoError(t, err)
		_ = c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	require.Eventually(t, func() bool { after = stack(); return after < before+512 }, soon, 20*time.Millisecond,
		"stacks of %d kB became %d kB", before, after)
	t.Logf("stacks: %d kB before %d connections more than there is room for, %d kB after", before, many, after)
	_, took := load(t, o)
	t.Logf("then the page loads in %v", took)
}

// Row 43: pages have places of their own; one too many is told so, and the others go on.
func TestPagesAreBounded(t *testing.T) {
	o := openLobby(t)
	g, _ := load(t, o)
	var open int
	for range 20 {
		if _, err := g.socket(g.origin()); err == nil {
			open++
		}
	}
	t.Logf("%d of 20 more pages were let in", open)
	require.Equal(t, 7, open)
	res, _, err := g.get(g.base)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode)
}
