package server

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/netsim"
	"kbridge/kclient/wire"
)

var lan = netsim.Profile{Delay: 10 * time.Millisecond}

func TestLoginOrderAndPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, lan, Config{Name: "here", MOTD: "one\ntwo"})
		a := w.dial("anna", wire.LAN)
		a.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN})
		var acks int
		var order []wire.Type
		for len(order) < 5 {
			g := <-a.inbox
			if g.typ == wire.TypeServerAck {
				acks++
				continue
			}
			order = append(order, g.typ)
			switch g.typ {
			case wire.TypeServerStatus:
				require.Empty(t, parse(t, g, wire.ParseServerStatus).Users, "without the receiver")
			case wire.TypeUserJoined:
				m := parse(t, g, wire.ParseUserJoined)
				require.Equal(t, wire.UserJoined{User: "anna", UserID: 1, Ping: 20, Connection: wire.LAN}, m)
			}
		}
		require.Equal(t, 4, acks)
		require.Equal(t, []wire.Type{wire.TypeServerStatus, wire.TypeUserJoined, wire.TypeServerMessage,
			wire.TypeServerMessage, wire.TypeServerMessage}, order)

		b := w.dial("bert", wire.Bad)
		b.send(wire.TypeLogin, wire.LoginRequest{User: "bert", Emulator: "emu", Connection: wire.Bad})
		st := parse(t, b.until(wire.TypeServerStatus), wire.ParseServerStatus)
		require.Equal(t, []wire.StatusUser{{Name: "anna", Ping: 20, State: wire.UserIdle, UserID: 1, Connection: wire.LAN}}, st.Users)
		require.Equal(t, "bert", parse(t, a.until(wire.TypeUserJoined), wire.ParseUserJoined).User)
		require.Equal(t, "bert", parse(t, b.until(wire.TypeUserJoined), wire.ParseUserJoined).User)
	})
}
