package server_test

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"kbridge/kclient/sim/network"
	"kbridge/server"
)

// pausingConn is a socket of a process that stands still now and then: its next read returns later, whatever has come
// meanwhile.
type pausingConn struct {
	server.PacketConn
	pause atomic.Int64 // of the next read
	reads atomic.Int64
	sets  atomic.Int64
}

func (c *pausingConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, _, err := c.ReadFromTo(b)
	return n, from, err
}

func (c *pausingConn) ReadFromTo(b []byte) (n int, from netip.AddrPort, to netip.Addr, err error) {
	c.reads.Add(1)
	if local, ok := c.PacketConn.(server.LocalConn); ok {
		n, from, to, err = local.ReadFromTo(b)
	} else {
		n, from, err = c.PacketConn.ReadFromUDPAddrPort(b)
	}
	if d := c.pause.Swap(0); d > 0 {
		time.Sleep(time.Duration(d))
	}
	return n, from, to, err
}

func (c *pausingConn) WriteFromTo(b []byte, from netip.Addr, to netip.AddrPort) (int, error) {
	if local, ok := c.PacketConn.(server.LocalConn); ok {
		return local.WriteFromTo(b, from, to)
	}
	return c.PacketConn.WriteToUDPAddrPort(b, to)
}

func (c *pausingConn) SetReadDeadline(t time.Time) error {
	c.sets.Add(1)
	return c.PacketConn.SetReadDeadline(t)
}

// Row 35: when the server itself has stood still, nobody is judged by that time: what has come meanwhile is read first,
// and nobody has held up anything that the server did not look at.
func TestNobodyIsJudgedByTheServersOwnStandstill(t *testing.T) {
	for _, stood := range []time.Duration{2 * time.Second, 9 * time.Second, 15 * time.Second} {
		for _, kinds := range [][]string{{"ours", "ours", "ours"}, {"n02", "supra", "n02"}, {"ours", "n02", "supra"}} {
			inArena(t, 37, network.Profile{Delay: 10 * time.Millisecond}, server.Config{}, func(a *arena) {
				var all []*pacedPlayer
				for _, kind := range kinds {
					all = append(all, &pacedPlayer{kind: kind, typ: 1, pause: smooth()})
				}
				a.roomOf(all...)
				time.Sleep(5 * time.Second)
				for range 4 {
					a.conn.pause.Store(int64(stood))
					time.Sleep(stood + 2*time.Second)
				}
				time.Sleep(5 * time.Second)
				for _, p := range all {
					lost := "nothing"
					if l := p.lost.Load(); l != nil {
						lost = *l
					}
					t.Logf("4 × %v, %v: %s lost %s", stood, kinds, p.kind, lost)
					assert.Nil(t, p.lost.Load())
				}
				before := all[0].frames.Load()
				time.Sleep(5 * time.Second)
				assert.Greater(t, all[0].frames.Load()-before, int64(290))
			})
		}
	}
}

// Row 39: a room whose players are all away sleeps until something can change.
func TestARoomWhosePlayersAreAllAwaySleeps(t *testing.T) {
	const rooms, seconds = 32, 20
	inArena(t, 39, network.Profile{Delay: time.Millisecond}, server.Config{}, func(a *arena) {
		var players []*agent
		for i := range rooms {
			both := a.inGame([2]netip.Addr{a.freshHost(), a.freshHost()}, [2]string{fmt.Sprint("owner ", i),
				fmt.Sprint("guest ", i)})
			players = append(players, both[:]...)
		}
		for _, p := range players {
			p.mute(true)
		}
		time.Sleep(25 * time.Second) // everybody is away now
		before, read := a.conn.sets.Load(), a.conn.reads.Load()
		time.Sleep(seconds * time.Second)
		sets, reads := a.conn.sets.Load()-before, a.conn.reads.Load()-read
		t.Logf("%d rooms: %d reads and %d deadlines in %d s", rooms, reads, sets, seconds)
		assert.Equal(t, rooms, a.server.Stats().Games)
		assert.Less(t, int(reads), 2*seconds*2*rooms, "two wake-ups a second for each player at most")
		// Each seat is kept for its time, and then the rooms are over.
		time.Sleep(30 * time.Second)
		assert.Zero(t, a.server.Stats().Games)
	})
}
