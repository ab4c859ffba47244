package kaillera

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/race"
	"kbridge/kclient/wire"
	"kbridge/server/stats"
)

// nullConn drops what is written.
type nullConn struct{ bytes int }

func (c *nullConn) WriteToUDPAddrPort(d []byte, _ netip.AddrPort) (int, error) {
	c.bytes += len(d)
	return len(d), nil
}
func (*nullConn) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) { panic("not used") }
func (*nullConn) SetReadDeadline(time.Time) error                         { return nil }
func (*nullConn) LocalAddr() net.Addr                                     { return &net.UDPAddr{Port: 27888} }
func (*nullConn) Close() error                                            { return nil }

// table is a game whose players' datagrams are made by hand, so that nothing but
// the server is measured.
type table struct {
	b     *box
	seats []seat
	frame int
}

type seat struct {
	addr netip.AddrPort
	seq  uint16
	last [3][]byte // the latest messages' bodies, newest first
	typ  [3]wire.Type
	buf  []byte
}

func newTable(tb testing.TB, players int) *table {
	b := newBox(tb, Config{})
	t := &table{b: b}
	for _, c := range b.game(players, wire.LAN) {
		t.seats = append(t.seats, seat{addr: c.addr, seq: uint16(c.link.Stats().MessagesSent)})
		b.remove(c)
	}
	b.s.conn = &nullConn{}
	b.s.query = b.s.conn
	return t
}

// play is one frame: a datagram of three messages from each player, as clients
// send them. Every input is new when fresh, else from a small set.
func (t *table) play(fresh bool) {
	t.b.now = t.b.now.Add(time.Second / 60)
	for i := range t.seats {
		s := &t.seats[i]
		oldest := s.last[2]
		copy(s.last[1:], s.last[:2])
		copy(s.typ[1:], s.typ[:2])
		v := t.frame % 16
		if fresh {
			v = t.frame
		}
		if fresh || t.frame < 16 {
			payload := [24]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(i)}
			s.typ[0], s.last[0] = wire.TypeGameData, wire.AppendGameData(oldest[:0], payload[:])
		} else {
			s.typ[0], s.last[0] = wire.TypeGameCache, wire.AppendGameCache(oldest[:0], byte(v))
		}
		n := min(t.frame+1, 3)
		s.buf = wire.AppendBundleHeader(s.buf[:0], n)
		for k := range n {
			s.buf = wire.AppendMessage(s.buf, s.seq-uint16(k), s.typ[k], s.last[k])
		}
		s.seq++
		t.b.s.Receive(t.b.now, t.b.s.conn, s.addr, netip.Addr{}, s.buf)
		t.b.s.Run(t.b.now)
	}
	t.frame++
}

// The relay does not allocate in the steady state: neither for input that is new
// all the time, nor for input that comes out of the caches.
func TestPlayDoesNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	for _, fresh := range []bool{true, false} {
		table := newTable(t, 4)
		for range 1000 {
			table.play(fresh)
		}
		before := table.b.s.count.Frames.Load()
		sent := table.b.s.count.DatagramsSent.Load()
		require.Zero(t, testing.AllocsPerRun(500, func() { table.play(fresh) }), "fresh: %v", fresh)
		require.EqualValues(t, 501, table.b.s.count.Frames.Load()-before, "every frame was mixed")
		require.GreaterOrEqual(t, table.b.s.count.DatagramsSent.Load()-sent, int64(501*4))
		require.Zero(t, table.b.refused(stats.RefusedMalformed)+table.b.refused(stats.RefusedMisplaced))
	}
}

// Nor does what anybody may send at any time.
func TestQueriesDoNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	b := newBox(t, Config{})
	b.s.conn = &nullConn{}
	hello, ping, stray := wire.AppendHello(nil), wire.AppendPing(nil), one(3, wire.TypeKeepAlive, []byte{0})
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		b.s.Receive(b.now, b.s.conn, hostAddr(1), netip.Addr{}, ping)
		b.s.Receive(b.now, b.s.conn, hostAddr(1), netip.Addr{}, stray)
		b.s.Receive(b.now, b.s.conn, hostAddr(1), netip.Addr{}, hello)
	}), 1.0, "the version of the HELLO")
}

// BenchmarkServerFrame is one frame of a game of four players at 24 bytes each:
// four datagrams in, four out.
func BenchmarkServerFrame(b *testing.B) {
	for _, bm := range []struct {
		name  string
		fresh bool
	}{{"new input", true}, {"cached input", false}} {
		b.Run(bm.name, func(b *testing.B) {
			table := newTable(b, 4)
			for range 1000 {
				table.play(bm.fresh)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				table.play(bm.fresh)
			}
		})
	}
}
