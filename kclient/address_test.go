package kclient_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
)

func addrs(list ...string) (all []netip.Addr) {
	for _, a := range list {
		all = append(all, netip.MustParseAddr(a))
	}
	return all
}

// named dials a name of these addresses in the world, whose server is at 10.0.0.1, and returns which were asked.
func (w *world) named(addr string, change func(*kclient.Config), list ...string) (asked []string, name string,
	l *kclient.Client, err error) {
	l, err = kclient.Dial(context.Background(), addr, func() kclient.Config {
		cfg := kclient.Config{User: "ann", Emulator: "test 1.0",
			Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
				name = host
				return addrs(list...),
					nil
			},
			Listen: func(server netip.AddrPort) (kclient.PacketConn, error) {
				asked = append(asked, server.String())
				return w.net.Listen(netip.AddrPort{})
			}}
		if change != nil {
			change(&cfg)
		}
		return cfg
	}())
	if err == nil {
		w.users = append(w.users, l)
	}
	return asked, name, l, err
}

// TestTheAddressesOfANameAreTriedOneAfterAnother: IPv4 first, 3 s each, each once, until one answers.
func TestTheAddressesOfANameAreTriedOneAfterAnother(t *testing.T) {
	bubble(t, match{seed: 1}, func(t *testing.T, w *world) {
		begun := time.Now()
		asked, name, _, err := w.named("two.example", nil, "2001:db8::5", "10.0.0.7", "::ffff:10.0.0.7", "10.0.0.1",
			"10.0.0.8")
		require.NoError(t, err)
		require.Equal(t, []string{"10.0.0.7:27888", "10.0.0.1:27888"}, asked)
		require.Equal(t, "two.example", name)
		require.GreaterOrEqual(t, time.Since(begun), 3*time.Second)
		require.Less(t, time.Since(begun), 4*time.Second)
	})
}

// TestAServerOfOneAddressHasTheWholeTime: as before.
func TestAServerOfOneAddressHasTheWholeTime(t *testing.T) {
	bubble(t, match{seed: 1}, func(t *testing.T, w *world) {
		for _, list := range [][]string{{"10.0.0.7"}, {"10.0.0.7", "::ffff:10.0.0.7"}} {
			begun := time.Now()
			_, _, _, err := w.named("one.example", nil, list...)
			require.Equal(t, &kclient.TimeoutError{Waiting: "the answer to HELLO", Server: "10.0.0.7:27888",
				After: 15 * time.Second, Kind: kclient.TimeoutHello}, err)
			require.Equal(t, 15*time.Second, time.Since(begun))
		}
	})
}

// TestWhatHappenedAtEachAddressIsSaid: silence, no way there, no socket, a closed port, and those that there was no
// time for; 15 s in all.
func TestWhatHappenedAtEachAddressIsSaid(t *testing.T) {
	bubble(t, match{seed: 1}, func(t *testing.T, w *world) {
		begun := time.Now()
		_, _, _, err := w.named("many.example:5", func(cfg *kclient.Config) {
			listen := cfg.Listen
			cfg.Listen = func(server netip.AddrPort) (kclient.PacketConn, error) {
				conn, err := listen(server)
				switch server.Addr().String() {
				case "10.0.0.8":
					c := &troubled{PacketConn: conn}
					c.send.Store(sysError("sendto", syscall.EHOSTUNREACH))
					return c, err
				case "10.0.0.9":
					r := &refusing{Conn: conn.(*network.Conn), to: server}
					r.times.Store(1 << 40)
					return r, err
				case "2001:db8::1":
					conn.Close()
					return nil, &net.OpError{Op: "listen", Net: "udp6", Err: os.NewSyscallError("socket",
						syscall.EAFNOSUPPORT)}
				}
				return conn, err
			}
		}, "2001:db8::1", "10.0.0.7", "10.0.0.8", "10.0.0.9", "2001:db8::2", "2001:db8::3", "2001:db8::4",
			"2001:db8::5")
		require.Equal(t, 15*time.Second, time.Since(begun))
		var all *kclient.UnansweredError
		require.ErrorAs(t, err, &all)
		require.Equal(t,
			"kclient: no server answers at any address of many.example:5: 10.0.0.7:5: nothing came from there in 3s; "+
				"10.0.0.8:5: nothing can be sent there: sendto udp: sendto: no route to host; 10.0.0.9:5: nothing listens there; "+
				"[2001:db8::1]:5: listen udp6: socket: address family not supported by protocol; "+
				"[2001:db8::2]:5: nothing came from there in 3s; [2001:db8::3]:5: nothing came from there in 3s; "+
				"[2001:db8::4]:5: there was no time left; [2001:db8::5]:5: there was no time left: "+
				"check the address, and that UDP to it is not blocked", err.Error())
		var closed *kclient.NotListeningError
		require.ErrorAs(t, err, &closed)
		var timeout net.Error
		require.True(t, errors.As(err, &timeout) && timeout.Timeout())
	})
}

// TestAnAnswerIsFinal: a server that is full, or refuses the login, is not asked again at its other address, and nobody
// goes on after the caller has given up.
func TestAnAnswerIsFinal(t *testing.T) {
	bubble(t, match{seed: 1}, func(t *testing.T, w *world) {
		asked, _, _, err := w.named("two.example", func(cfg *kclient.Config) { cfg.User = "Server" }, "10.0.0.1",
			"10.0.0.2")
		var refused *kclient.RefusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, []string{"10.0.0.1:27888"}, asked)

		full, err := w.net.Listen(netip.MustParseAddrPort("10.0.0.3:27888"))
		require.NoError(t, err)
		defer full.Close()
		go func() {
			for {
				_, from, err := full.ReadFromUDPAddrPort(make([]byte, 100))
				if err != nil {
					return
				}
				full.WriteToUDPAddrPort([]byte("TOO\x00"), from)
			}
		}()
		asked, _, _, err = w.named("two.example", nil, "10.0.0.3", "10.0.0.1")
		require.ErrorIs(t, err, kclient.ErrServerFull)
		require.Equal(t, []string{"10.0.0.3:27888"}, asked)

		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		n := 0
		_, err = kclient.Dial(ctx, "two.example", kclient.Config{User: "ann",
			Lookup: func(context.Context, string) ([]netip.Addr, error) { return addrs("10.0.0.7", "10.0.0.1"), nil },
			Listen: func(netip.AddrPort) (kclient.PacketConn, error) { n++; return w.net.Listen(netip.AddrPort{}) }})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1, n)
	})
}

// TestInternationalNamesResolve, and what is none says why, before anybody is asked.
func TestInternationalNamesResolve(t *testing.T) {
	bubble(t, match{seed: 1}, func(t *testing.T, w *world) {
		for typed, want := range map[string]string{
			"münchen.example": "xn--mnchen-3ya.example", "MU\u0308NCHEN。example:27888": "xn--mnchen-3ya.example",
			"my_pc": "my_pc", " example.org ": "example.org",
		} {
			_, name, l, err := w.named(typed, nil, "10.0.0.1")
			require.NoError(t, err)
			require.Equal(t, want, name)
			require.NoError(t, l.Quit(""))
		}
		for typed, why := range map[string]string{"mün*chen.example": "'*'", "": "no host", "host:0": "1 to 65535",
			"a&calc": "'&'", "file:///etc/passwd": "1 to 65535", "a:1:2": "brackets"} {
			_, name, _, err := w.named(typed, nil, "10.0.0.1")
			var config *kclient.ConfigError
			require.ErrorAs(t, err, &config, typed)
			require.Equal(t, typed, config.Value)
			require.ErrorContains(t, err, why)
			require.Empty(t, name)
		}
		_, _, _, err := w.named("nobody.example", nil)
		require.ErrorContains(t, err, `cannot find the server "nobody.example"`)
		_, err = kclient.Dial(context.Background(), "gone.example", kclient.Config{User: "ann",
			Lookup: func(context.Context, string) ([]netip.Addr, error) { return nil, fmt.Errorf("no such host") }})
		require.ErrorContains(t, err, `cannot find the server "gone.example": no such host`)
	})
}
