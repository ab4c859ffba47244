package lobby_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"kbridge/bridge/lobby"
	"kbridge/bridge/lobby/settings"
)

// pings counts what comes to UDP sockets, and answers.
type pings struct {
	mu   sync.Mutex
	when []time.Time
	from map[string]int // by the socket's address
}

func (p *pings) add(where string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.from == nil {
		p.from = map[string]int{}
	}
	p.when = append(p.when, time.Now())
	p.from[where]++
}

// count is how many came, and to how many sockets; most is how many came within a second.
func (p *pings) count() (all, sockets, most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.when {
		n := 0
		for _, at := range p.when[i:] {
			if at.Sub(p.when[i]) > time.Second {
				break
			}
			n++
		}
		most = max(most, n)
	}
	return len(p.when), len(p.from), most
}

// listen listens on an address and returns its port; one that listens on all answers from that which was asked.
func (p *pings) listen(t *testing.T, address string) (port int, err error) {
	a, err := net.ResolveUDPAddr("udp4", address)
	require.NoError(t, err)
	c, err := net.ListenUDP("udp4", a)
	if err != nil {
		return 0, err
	}
	t.Cleanup(func() { c.Close() })
	raw, err := c.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP,
			syscall.IP_PKTINFO, 1)
	}))
	require.NoError(t, err)
	go func() {
		b, oob := make([]byte, 64), make([]byte, 64)
		for {
			n, m, _, from, err := c.ReadMsgUDP(b, oob)
			if err != nil {
				return
			}
			if n >= 4 && string(b[:4]) == "PING" {
				p.add(fmt.Sprintf("%x %v", oob[:m], c.LocalAddr()))
				_, _, _ = c.WriteMsgUDP([]byte("PONG\x00"), oob[:m], from)
			}
		}
	}()
	return c.LocalAddr().(*net.UDPAddr).Port, nil
}

// list is what a page knows of the one list that its lobby asks.
type list struct {
	t     *testing.T
	mu    sync.Mutex
	page  map[string]float64 // the pings that the page knows, by address
	state string             // of the list
}

// openList opens a lobby whose one source is served by text; public says that it is under an address of the Internet.
func openList(t *testing.T, public bool, text string) *list {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
	t.Cleanup(web.Close)
	source := web.URL + "/list"
	const outside = "93.184.216.34:80"
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network,
		address string) (net.Conn, error) {
		if address == outside {
			address = web.Listener.Addr().String()
		}
		if address != web.Listener.Addr().String() {
			return nil, errors.New("a test wanted to ask " + address)
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}}
	if public {
		source = "http://" + outside + "/list"
	}
	o := openLobby(t, func(c *lobby.Config) { c.Client = client })
	g := newGuest(t)
	code, _ := g.enter(o.address())
	require.Equal(t, http.StatusOK, code)
	c, err := g.socket(g.origin())
	require.NoError(t, err)
	require.True(t, settings.IsSource(source))
	ask, _ := json.Marshal(map[string]any{"t": "setSettings", "sources": []string{source}})
	l := &list{t: t, page: map[string]float64{}}
	go l.read(c)
	require.NoError(t, c.Write(context.Background(), websocket.MessageText, ask))
	require.Eventually(t, func() bool { l.mu.Lock(); defer l.mu.Unlock(); return l.state == "ok" && len(l.page) > 0 },
		soon, 5*time.Millisecond, "the list")
	return l
}

func (l *list) read(c *websocket.Conn) {
	for {
		_, b, err := c.Read(context.Background())
		if err != nil {
			return
		}
		var m struct {
			T    string
			List []struct {
				Address, State, URL string
				Ping                float64
			}
			Server struct {
				Address string
				Ping    float64
			}
		}
		_ = json.Unmarshal(b, &m)
		l.mu.Lock()
		switch m.T {
		case "servers":
			clear(l.page)
			for _, s := range m.List {
				l.page[s.Address] = s.Ping
			}
		case "serverChanged":
			l.page[m.Server.Address] = m.Server.Ping
		case "sources":
			if len(m.List) == 1 {
				l.state = m.List[0].State
			}
		}
		l.mu.Unlock()
	}
}

// done waits until each server of the page was pinged, or will not be.
func (l *list) done() (servers, answered int) {
	l.t.Helper()
	require.Eventually(l.t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		servers, answered = len(l.page), 0
		for _, ping := range l.page {
			if ping == 0 {
				return false
			}
			if ping > 0 {
				answered++
			}
		}
		return servers > 0
	}, 4*soon, 10*time.Millisecond, "all pings")
	return servers, answered
}

// Row 42: of a list of 5,000 servers 1,000 are shown, and they are pinged in their order, 50 a second.
func TestPingsOfAListArePaced(t *testing.T) {
	var p pings
	port, err := p.listen(t, "0.0.0.0:0")
	require.NoError(t, err)
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "server %d\n127.1.%d.%d:%d;1/2;0;v;here\n", i, i/250, 1+i%250, port)
	}
	l := openList(t, false, text.String())
	time.Sleep(4 * time.Second) // real sockets and a real clock: it is the rate that is looked at
	all, _, most := p.count()
	l.mu.Lock()
	servers := len(l.page)
	first := l.page[fmt.Sprintf("127.1.0.1:%d", port)]
	l.mu.Unlock()
	t.Logf("of 5,000 servers %d are shown; %d pings in 4 s, at most %d within a second", servers, all, most)
	require.LessOrEqual(t, servers, 1000)
	require.LessOrEqual(t, most, 75)
	require.NotZero(t, all)
	require.Positive(t, first, "the first of the list is pinged first")
}

// Row 42: one host that a list names again and again is pinged a few times only.
func TestAHostThatAListNamesOftenIsPingedAFewTimes(t *testing.T) {
	var p pings
	var text strings.Builder
	for i := range 60 {
		port, err := p.listen(t, "127.0.0.1:0")
		require.NoError(t, err)
		fmt.Fprintf(&text, "server %d\n127.0.0.1:%d;1/2;0;v;here\n", i, port)
	}
	l := openList(t, false, text.String())
	servers, _ := l.done()
	all, _, _ := p.count()
	t.Logf("one host with %d entries: %d pings", servers, all)
	require.Equal(t, 60, servers)
	require.NotZero(t, all)
	require.LessOrEqual(t, all, 8)
}

// Row 42: a list of the Internet makes nobody ping this computer and this network; one that is in this network may.
func TestAPublicListNamesNoServersOfThisNetwork(t *testing.T) {
	for _, public := range []bool{true, false} {
		var p pings
		var text strings.Builder
		for i := range 5 {
			address := fmt.Sprintf("127.0.0.%d", 1+i)
			port, err := p.listen(t, address+":0")
			require.NoError(t, err)
			fmt.Fprintf(&text, "server %d\n%s:%d;1/2;0;v;here\n", i, address, port)
		}
		l := openList(t, public, text.String())
		servers, answered := l.done()
		_, sockets, _ := p.count()
		t.Logf("public %v: %d servers on this computer, %d pinged", public, servers, sockets)
		require.Equal(t, 5, servers)
		if public {
			require.Zero(t, sockets)
			require.Zero(t, answered)
		} else {
			require.Equal(t, 5, answered)
		}
	}
}

// Row 42: no list makes anybody ping the system's ports.
func TestNoListNamesPortsOfTheSystem(t *testing.T) {
	var p pings
	port := 0
	for try := 1023; try > 900 && port == 0; try-- {
		port, _ = p.listen(t, fmt.Sprintf("127.0.0.1:%d", try))
	}
	if port == 0 {
		t.Skip("skipped: this user may not listen on a port below 1024, so whether one is pinged cannot be seen")
	}
	l := openList(t, false, fmt.Sprintf("name server\n127.0.0.1:%d;1/2;0;v;here\n", port))
	servers, answered := l.done()
	all, _, _ := p.count()
	t.Logf("port %d: %d pings", port, all)
	require.Equal(t, 1, servers)
	require.Zero(t, answered)
	require.Zero(t, all)
}
