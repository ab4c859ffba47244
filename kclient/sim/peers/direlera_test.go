package peers

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// The task that serves a client ends when that client asks for a room that does not exist: what it says then nobody
// reads.
func TestDireleraIsDeafToWhoAskedForARoomThatDoesNotExist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := network.New(1, network.Profile{})
		d, err := newDirelera(network, recordedServer, 27999)
		require.NoError(t, err)
		defer d.Close()
		conn, err := network.Listen(netip.AddrPort{})
		require.NoError(t, err)
		defer conn.Close()
		out := Outbox{Usual: 3}
		heard := func(typ wire.Type, b body) (n int) {
			conn.WriteToUDPAddrPort(out.Add(typ, b.AppendTo(nil)), netip.AddrPortFrom(recordedServer.Addr(), 27999))
			conn.SetReadDeadline(time.Now().Add(time.Second))
			for buf := make([]byte, 2048); ; n++ {
				if _, _, err := conn.ReadFromUDPAddrPort(buf); err != nil {
					return n
				}
			}
		}
		require.Equal(t, 1, heard(wire.TypeLogin, wire.LoginRequest{User: "a", Emulator: "x", Connection: 1}))
		require.Equal(t, 1, heard(wire.TypeClientAck, wire.ClientAck{}))
		require.Equal(t, 1, heard(wire.TypeClientAck, wire.ClientAck{}))
		require.Equal(t, 3, heard(wire.TypeClientAck, wire.ClientAck{}), "lists, itself, a line")
		require.Equal(t, 3, heard(wire.TypeClientAck, wire.ClientAck{}), "and again at a stray one")
		require.Equal(t, 1, heard(wire.TypeGlobalChat, wire.ChatRequest{Text: "hello"}))
		require.Zero(t, heard(wire.TypeJoinGame, wire.JoinRequest{GameID: 99, Connection: 1}))
		require.Zero(t, heard(wire.TypeGlobalChat, wire.ChatRequest{Text: "hello?"}))
	})
}

// EmuLinkerSF counts what it leaves out.
func TestEmuLinkerSFCountsWhatDoesNotFit(t *testing.T) {
	o := Outbox{Usual: 5, Keeps: 9, Buffer: bufferSF}
	var d []byte
	for i := range 9 {
		d = o.Add(wire.TypeGameData, make([]byte, 300+i))
	}
	require.Equal(t, byte(5), d[0])
	d = o.Last(9)
	require.Equal(t, byte(9), d[0])
	require.LessOrEqual(t, len(d), bufferSF)
	d[0] = 6
	bundle, err := wire.ParseBundle(d, nil)
	require.NoError(t, err, "the complete ones")
	require.EqualValues(t, 8, bundle[0].Seq)
}
