package lobby

import (
	"fmt"
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/udp"
	"kbridge/server"
)

// A server that stops is named as the reason, and what was typed to it meanwhile is shown as not delivered.
func TestAStoppedServerAndWhatItDidNotHear(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells an unconnected socket of closed ports")
	}
	t.Parallel()
	conn, err := udp.Listen("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	sv, err := server.New(server.Config{})
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- sv.Serve(conn, nil) }()
	p := newPlayer(t, "ann")
	b := newBrowser(t, p.open())
	require.Empty(t, b.ask("connect", f{"address": conn.LocalAddr().String()}))
	b.is("session", "state", "connected")
	b.say("say", f{"where": "lobby", "text": "before"})
	b.hears("chat", "before")
	conn.Close()
	<-served
	require.Empty(t, b.ask("say", f{"where": "lobby", "text": "anybody?"}))
	b.is("session", "state", "none")
	require.Equal(t, "stopped", b.get("session", "error").(f)["code"])
	require.Equal(t, []any{"anybody?"}, b.get("session", "unsent"))
	b.hears("notice", "notice.chatLost")
}

// How a session or a game ended has words of its own on the page.
func TestEndsAreToldApart(t *testing.T) {
	stopped := &kclient.NotListeningError{Server: "192.0.2.1:27888", Ended: true}
	for _, tc := range []struct {
		err  error
		word string
	}{
		{kclient.ErrForgotten, "forgotten"},
		{fmt.Errorf("%w: %w", kclient.ErrClosed, kclient.ErrForgotten), "forgotten"},
		{stopped, "stopped"},
		{fmt.Errorf("%w: %w", kclient.ErrClosed, stopped), "stopped"},
	} {
		require.Equal(t, tc.word, problemOf(tc.err).Code, "%v", tc.err)
		require.Equal(t, tc.word, overReason(tc.err), "%v", tc.err)
	}
}
