package server_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// loginFlood is 10,000 forged logins a second. source names who the n-th comes from, acks how many 06 follow it, each
// gap after the one before, all carrying what was sent before along as clients do.
type loginFlood struct {
	source func(n int) netip.AddrPort
	acks   int
	gap    time.Duration
}

// run floods until stop is closed.
func (f loginFlood) run(a *arena, stop chan struct{}) {
	ack := wire.ClientAck{}.AppendTo(nil)
	gap := int(f.gap / (10 * time.Millisecond))
	for tick := 0; ; tick++ {
		select {
		case <-stop:
			return
		case <-time.After(10 * time.Millisecond):
		}
		for k := range 100 {
			n := tick*100 + k
			a.forge(f.source(n), message(0, wire.TypeLogin, loginOf(fmt.Sprint("forged", n))))
			for j := 1; j <= f.acks; j++ {
				if m := n - j*gap*100; m >= 0 {
					a.forge(f.source(m), message(uint16(j), wire.TypeClientAck, ack))
				}
			}
		}
	}
}

func random(n int) netip.AddrPort {
	h := uint32(n+1) * 2654435761
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{11, byte(h >> 24), byte(h >> 16), byte(h >> 8)}),
		uint16(1024+h%60000))
}

// portsOf are ports of a host, but not those that a real client's socket there gets.
func portsOf(host string) func(n int) netip.AddrPort {
	return func(n int) netip.AddrPort {
		return netip.AddrPortFrom(netip.MustParseAddr(host), uint16(1024+n%40000))
	}
}

func inOneNet(n int) netip.AddrPort {
	ip := [16]byte{0x20, 0x01, 0x0d, 0xb8, 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}
	return netip.AddrPortFrom(netip.AddrFrom16(ip), 4000)
}

// Row 32: a real login of whatever client gets in under 10,000 forged ones a second, and memory stays as it is.
func TestRealLoginsGetInUnderForgedOnes(t *testing.T) {
	own := "10.4.0.1"
	for name, f := range map[string]loginFlood{
		"random addresses, one 06":             {source: random, acks: 1, gap: 10 * time.Millisecond},
		"random addresses, four 06":            {source: random, acks: 4, gap: 50 * time.Millisecond},
		"one IPv6 network":                     {source: inOneNet, acks: 1, gap: 10 * time.Millisecond},
		"ports of one IPv4 address":            {source: portsOf("11.1.1.1"), acks: 1, gap: 10 * time.Millisecond},
		"ports of the real client's address":   {source: portsOf(own), acks: 1, gap: 10 * time.Millisecond},
		"its ports, four 06, as a client does": {source: portsOf(own), acks: 4, gap: 100 * time.Millisecond},
	} {
		for _, rtt := range []time.Duration{20, 50, 100, 200} {
			rtt := rtt * time.Millisecond
			if server.RaceEnabled && (rtt != 100*time.Millisecond || name != "its ports, four 06, as a client does") {
				continue
			}
			t.Run(fmt.Sprintf("%s, %v", name, rtt), func(t *testing.T) {
				inArena(t, 9, network.Profile{Delay: rtt / 2}, server.Config{}, func(a *arena) {
					a.net.Filter(nil) // counting by address would take more memory than the server
					stop := make(chan struct{})
					ended := make(chan struct{})
					go func() {
						defer close(ended)
						f.run(a, stop)
					}()
					time.Sleep(4 * time.Second)
					heap := heapNow()
					in := 0
					slowest := time.Duration(0)
					for n := range 8 {
						begun := time.Now()
						var err error
						host := netip.MustParseAddr(own)
						switch n % 3 {
						case 0:
							_, err = a.old(false, peers.Options{User: fmt.Sprint("n02 ", n),
								Emulator: "Project 64k 0.13", Tries: 1, Host: host})
						case 1:
							_, err = a.old(true, peers.Options{User: fmt.Sprint("supra ", n),
								Emulator: "Project 64k 0.13", Tries: 1, Host: host})
						default:
							_, err = a.ours(fmt.Sprint("ours ", n), func(c *kclient.Config) {
								c.Listen = func(netip.AddrPort) (kclient.PacketConn,
									error) {
									return a.net.Listen(netip.AddrPortFrom(host, 0))
								}
							})
						}
						if err == nil {
							in++
							slowest = max(slowest, time.Since(begun))
						} else {
							t.Log(err)
						}
					}
					grown := int64(heapNow()) - int64(heap)
					st := a.server.Stats()
					t.Logf("%d of 8 real logins, the slowest after %v; %d users, %d pending; the heap has grown by %d KB",
						in, slowest, st.Users, st.Pending, grown>>10)
					close(stop)
					<-ended
					require.Equal(t, 8, in)
					require.Less(t, grown, int64(2<<20))
				})
			})
		}
	}
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
