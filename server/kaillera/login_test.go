package kaillera

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
	"kbridge/server/limits"
)

// Whoever lost the connection may log in again under the same name from the same
// address, once it is clear that nobody is there any more.
func TestLoginAgainAfterCrash(t *testing.T) {
	b := newBox(t, Config{})
	a := b.client(1, "anna")
	a.login()
	by := b.client(2, "bert")
	by.login()
	again := func(from netip.AddrPort) bool {
		b.pass(10 * time.Second)
		c := b.clientAt(from, "anna")
		c.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN})
		b.pass(limits.AnswerTime)
		return c.session().loggedIn()
	}
	a.silent = true
	require.False(t, again(netipPort(a.addr, 7001)), "it has never answered a 05, and may be one that does not")
	b.pass(60 * time.Second)
	require.False(t, again(hostAddr(7002)), "not from another address")
	by.inbox = nil
	require.True(t, again(netipPort(a.addr, 7003)))
	require.Equal(t, goneMessage, boxParse(by, wire.TypeUserQuit, wire.ParseUserQuit).Message)
	require.Equal(t, 2, b.s.lobby.Users())
}
