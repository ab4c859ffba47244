package masterlist_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/bridge/lobby/masterlist"
)

// names is a name server; a name with several answers gives the next one each time.
type names map[string][]string

func (n names) lookup(_ context.Context, host string) ([]netip.Addr, error) {
	list := n[host]
	if len(list) == 0 {
		return nil, errors.New("there is no " + host)
	}
	if len(list) > 1 {
		n[host] = list[1:]
	}
	return []netip.Addr{netip.MustParseAddr(list[0])}, nil
}

// Row 42: what counts is where a name leads at the moment of connecting: neither a name that leads inside nor one that
// does so the second time it is asked for gets there.
func TestANameThatLeadsInsideLeadsNowhere(t *testing.T) {
	const inside = "127.0.0.1:80"
	for source, n := range map[string]names{
		"http://inside.example/list": {"inside.example": {"127.0.0.1"}},
		"http://rebind.example/":     {"rebind.example": {"93.184.216.34", "127.0.0.1"}},
		"http://list.example/":       {"list.example": {"93.184.216.34"}, "router.lan": {"127.0.0.1"}},
	} {
		w := newWorld(t)
		w.site(public, func(rw http.ResponseWriter, r *http.Request) {
			to := "http://" + r.Host + "/again"
			if r.Host == "list.example" {
				to = "http://router.lan/"
			}
			http.Redirect(rw, r, to, http.StatusFound)
		})
		w.site(inside, answers(servers))
		_, err := (&masterlist.Fetcher{Client: w.client(), Lookup: n.lookup}).Fetch(context.Background(), source)
		require.ErrorContains(t, err, "no address of the Internet", source)
		require.Zero(t, w.connections(inside), source)
	}
	// By a name that is plainly one of this network, a list may be there.
	w := newWorld(t)
	w.site("192.168.1.2:80", answers(servers))
	_, err := (&masterlist.Fetcher{Client: w.client(),
		Lookup: names{"nas.lan": {"192.168.1.2"}}.lookup}).Fetch(context.Background(), "http://nas.lan/list")
	require.NoError(t, err)
}

// Row 42: the player's own proxy is used, wherever it is, and is not a way around the rule.
func TestAProxyIsNoWayInside(t *testing.T) {
	w := newWorld(t)
	var asked []string
	w.site("10.0.0.9:3128", func(rw http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		if r.URL.Path == "/evil" {
			http.Redirect(rw, r, "http://192.168.1.1/admin", http.StatusFound)
			return
		}
		answers(servers)(rw, r)
	})
	client := w.client()
	client.Transport.(*http.Transport).Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "10.0.0.9:3128"})
	f := &masterlist.Fetcher{Client: client}
	_, err := f.Fetch(context.Background(), "http://"+public+"/list")
	require.NoError(t, err)
	_, err = f.Fetch(context.Background(), "http://"+public+"/evil")
	require.ErrorContains(t, err, "no address of the Internet")
	require.Equal(t, []string{"http://" + public + "/list", "http://" + public + "/evil"}, asked)
}

// Row 42: which addresses are one host of the Internet's, and which sources are of this network.
func TestWhatIsOfTheInternet(t *testing.T) {
	for a, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800::1": true, "64:ff9b::5db8:d822": true, "2002:5db8:d822::1": true,
		"::ffff:93.184.216.34": true, "127.0.0.1": false, "10.1.2.3": false, "172.31.255.255": false,
		"172.32.0.1": true, "192.168.0.1": false, "169.254.1.1": false, "100.64.0.1": false, "100.128.0.1": true,
		"0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fd00::1": false, "ff02::1": false, "fec0::1": false,
		"64:ff9b::a00:1": false, "2002:c0a8:101::": false, "::ffff:10.0.0.1": false,
	} {
		require.Equal(t, want, masterlist.Public(netip.MustParseAddr(a)), a)
	}
	for a, want := range map[string]bool{"127.0.0.1": true, "192.168.1.1": true, "224.0.0.1": false,
		"255.255.255.255": false, "0.0.0.0": false, "::": false, "ff02::1": false, "::ffff:224.0.0.1": false} {
		require.Equal(t, want, masterlist.Unicast(netip.MustParseAddr(a)), a)
	}
	for source, want := range map[string]bool{
		"http://127.0.0.1:8000/list": true, "http://[::1]/": true, "http://192.168.1.2/": true,
		"http://localhost/": true, "http://nas/list": true, "http://nas.local/": true, "http://NAS.LAN./": true,
		"http://www.kaillera.com/raw_server_list2.php": false, "http://93.184.216.34/": false,
		"http://127.0.0.1.nip.io/": false, "http://local.example/": false, "http://": false, "::": false,
	} {
		require.Equal(t, want, masterlist.Local(source), source)
	}
}
