package masterlist_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/bridge/lobby/masterlist"
)

const servers = "One\n10.0.0.1:27888;3/100;1;v;Ulm\n"

// world is a network of web sites by host:port, of which nothing leaves this process's loopback.
type world struct {
	t     *testing.T
	mu    sync.Mutex
	sites map[string]string // the real address
	asked map[string]int    // connections, by the address that was asked for
}

func newWorld(t *testing.T) *world {
	return &world{t: t, sites: map[string]string{}, asked: map[string]int{}}
}

// site makes a web site at an address.
func (w *world) site(address string, answer http.HandlerFunc) {
	s := httptest.NewServer(answer)
	w.t.Cleanup(s.Close)
	w.sites[address] = s.Listener.Addr().String()
}

func (w *world) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network,
		address string) (net.Conn, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked[address]++
		real, ok := w.sites[address]
		if !ok {
			return nil, errors.New("nobody is at " + address)
		}
		return (&net.Dialer{}).DialContext(ctx, network, real)
	}}}
}

func (w *world) connections(address string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[address]
}

func answers(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

func redirects(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

const public, other = "93.184.216.34:80", "93.184.215.14:80"

// Row 42: a list of the Internet leads nobody to this computer or this network.
func TestARedirectLeadsNowhereInside(t *testing.T) {
	got, all := 0, 0
	for _, inside := range []string{"127.0.0.1:8080", "127.9.9.9:80", "10.0.0.1:80", "172.16.0.1:80", "192.168.1.1:80",
		"169.254.169.254:80", "100.64.0.1:80", "0.0.0.0:80",
		"[::1]:80", "[fe80::1]:80", "[fd00::1]:80", "[::ffff:127.0.0.1]:80", "[::ffff:192.168.1.1]:80",
		"[64:ff9b::7f00:1]:80", "[2002:7f00:1::]:80", "198.18.0.1:80", "255.255.255.255:80", "224.0.0.1:80"} {
		w := newWorld(t)
		w.site(public, redirects("http://"+inside+"/admin?reboot=1"))
		w.site(inside, answers(servers))
		_, err := (&masterlist.Fetcher{Client: w.client()}).Fetch(context.Background(), "http://"+public+"/list")
		all++
		if w.connections(inside) > 0 || err == nil {
			got++
			t.Logf("reached %s", inside)
		} else {
			require.ErrorContains(t, err, "no address of the Internet", inside)
		}
	}
	t.Logf("of %d redirects to addresses inside, %d were followed", all, got)
	require.Zero(t, got)
}

// Row 42: a list that is in this network may lead on in it; once it has led outside, what is there may not lead in
// again.
func TestAListInThisNetworkMayLeadOnInIt(t *testing.T) {
	w := newWorld(t)
	w.site("192.168.1.2:80", redirects("http://192.168.1.3:8080/list"))
	w.site("192.168.1.3:8080", answers(servers))
	l, err := (&masterlist.Fetcher{Client: w.client()}).Fetch(context.Background(), "http://192.168.1.2/list")
	require.NoError(t, err)
	require.Len(t, l.Servers, 1)

	w.site("192.168.1.4:80", redirects("http://"+public+"/"))
	w.site(public, redirects("http://192.168.1.3:8080/list"))
	before := w.connections("192.168.1.3:8080")
	_, err = (&masterlist.Fetcher{Client: w.client()}).Fetch(context.Background(), "http://192.168.1.4/list")
	require.Error(t, err)
	require.Equal(t, before, w.connections("192.168.1.3:8080"))
}

// Row 42: redirects between sites of the Internet are followed, three of them.
func TestRedirectsAreFew(t *testing.T) {
	w := newWorld(t)
	hops := 0
	w.site(public, func(rw http.ResponseWriter, r *http.Request) {
		n := strings.Count(r.URL.Path, "x")
		hops = max(hops, n)
		if n == 3 && !strings.HasPrefix(r.URL.Path, "/far") {
			fmt.Fprint(rw, servers)
			return
		}
		http.Redirect(rw, r, r.URL.Path+"x", http.StatusFound)
	})
	f := &masterlist.Fetcher{Client: w.client()}
	_, err := f.Fetch(context.Background(), "http://"+public+"/")
	require.NoError(t, err)
	hops = 0
	_, err = f.Fetch(context.Background(), "http://"+public+"/far")
	require.Error(t, err)
	require.Equal(t, 3, hops)
}

// Row 42: a list holds 1,000 servers and 1,000 games at most.
func TestAListIsBounded(t *testing.T) {
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "s%d\n10.0.0.1:%d;1/2;0;v;l\n", i, 2000+i)
	}
	text.WriteString(strings.Repeat("g|10.0.0.1:2000|u|e|1/2|s|l|", 5000))
	list, games := masterlist.Parse([]byte(text.String()))
	t.Logf("of 5,000 servers and 5,000 games %d and %d are taken", len(list), len(games))
	require.Len(t, list, 1000)
	require.Len(t, games, 1000)
}
