package kclient_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
)

// troubled is a socket that fails at once, as one does without a network or after the system has taken it away.
type troubled struct {
	kclient.PacketConn
	send, read atomic.Pointer[error]
	reads      atomic.Int64 // that failed
}

func (c *troubled) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if err := c.send.Load(); err != nil {
		return 0, *err
	}
	return c.PacketConn.WriteToUDPAddrPort(b, to)
}

func (c *troubled) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	if err := c.read.Load(); err != nil {
		c.reads.Add(1)
		return 0, netip.AddrPort{}, *err
	}
	return c.PacketConn.ReadFromUDPAddrPort(b)
}

// sysError is how the net package returns an error of the system's.
func sysError(op string, errno syscall.Errno) *error {
	var err error = &net.OpError{Op: op, Net: "udp", Err: os.NewSyscallError(op, errno)}
	return &err
}

// withTrouble gives f a dial over one troubled socket.
func withTrouble(t *testing.T, f func(t *testing.T, w *world, c *troubled, dial func() (*kclient.Client, error))) {
	c := &troubled{}
	m := match{seed: 1}
	bubble(t, m, func(t *testing.T, w *world) {
		w.m.config = func(cfg *kclient.Config) {
			cfg.Listen = func(netip.AddrPort) (kclient.PacketConn, error) {
				conn, err := w.net.Listen(netip.AddrPort{})
				c.PacketConn = conn
				return c, err
			}
		}
		f(t, w, c, func() (*kclient.Client, error) { return w.dial(context.Background(), "ann", 1) })
	})
}

// Row 38: a Dial without a network says so, and soon.
func TestADialWithoutANetworkSaysSoWithinSeconds(t *testing.T) {
	withTrouble(t, func(t *testing.T, w *world, c *troubled, dial func() (*kclient.Client, error)) {
		c.send.Store(sysError("sendto", syscall.ENETUNREACH))
		begun := time.Now()
		_, err := dial()
		t.Logf("after %v: %v", time.Since(begun), err)
		require.ErrorIs(t, err, syscall.ENETUNREACH)
		require.ErrorContains(t, err, syscall.ENETUNREACH.Error())
		require.ErrorContains(t, err, "see whether your network works")
		require.Less(t, time.Since(begun), 6*time.Second)
		var timeout net.Error
		require.True(t, errors.As(err, &timeout) && timeout.Timeout())
	})
}

// Row 38: a computer that wakes up has its network a little later.
func TestADialWaitsForANetworkThatComesBack(t *testing.T) {
	withTrouble(t, func(t *testing.T, w *world, c *troubled, dial func() (*kclient.Client, error)) {
		c.send.Store(sysError("sendto", syscall.ENETUNREACH))
		time.AfterFunc(3*time.Second, func() { c.send.Store(nil) })
		_, err := dial()
		require.NoError(t, err)
	})
}

// Row 38: a network that goes away in a session is named in the end of it.
func TestASessionWithoutANetworkEndsWithItsError(t *testing.T) {
	withTrouble(t, func(t *testing.T, w *world, c *troubled, dial func() (*kclient.Client, error)) {
		l, err := dial()
		require.NoError(t, err)
		c.send.Store(sysError("sendto", syscall.ENETDOWN))
		w.net.Partition(w.conn.AddrPort().Addr(), c.PacketConn.(*network.Conn).AddrPort().Addr(), true)
		time.Sleep(190 * time.Second) // the patience of a lobby; virtual time
		require.ErrorIs(t, event[kclient.Disconnected](t, l).Err, syscall.ENETDOWN)
	})
}

// Row 38: a socket whose reads fail at once is not read without a pause, and what it says comes out.
func TestASocketThatCannotBeReadIsReadWithPausesAndGivenUp(t *testing.T) {
	for name, logged := range map[string]bool{"HELLO": false, "session": true} {
		t.Run(name, func(t *testing.T) {
			withTrouble(t, func(t *testing.T, w *world, c *troubled, dial func() (*kclient.Client, error)) {
				fail := func() {
					c.read.Store(sysError("recvfrom", syscall.EIO))
					begun := time.Now()
					time.AfterFunc(1500*time.Millisecond, func() {
						t.Logf("%d reads in %v", c.reads.Load(), time.Since(begun))
						if n := c.reads.Load(); n > 100 {
							t.Errorf("%d reads in 1.5 s", n)
						}
					})
				}
				if !logged {
					fail()
					_, err := dial()
					require.ErrorIs(t, err, syscall.EIO)
					return
				}
				l, err := dial()
				require.NoError(t, err)
				fail()
				require.NoError(t, l.Chat("wakes the reader"))
				require.ErrorIs(t, event[kclient.Disconnected](t, l).Err, syscall.EIO)
			})
		})
	}
}
