package lobby

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/server/servertest"
)

// On direlera-rs players of different types are told so before the game starts, and one who
// leaves is out of the room at once, not at a failed address.
func TestARoomOfDirelera(t *testing.T) {
	network := network.New(1, network.LAN())
	srv, err := peers.NewDirelera(network, netip.MustParseAddrPort("10.0.0.1:27888"), 27999)
	require.NoError(t, err)
	defer srv.Close()
	onNetwork := func(c *Config) {
		c.Listen = func(netip.AddrPort) (kclient.PacketConn, error) { return network.Listen(netip.AddrPort{}) }
	}
	ann, bob := newPlayer(t, "ann", onNetwork), newPlayer(t, "bob", onNetwork)
	a, b := newBrowser(t, ann.open()), newBrowser(t, bob.open())
	require.Empty(t, a.ask("setSettings", f{"connection": 1}))
	require.Empty(t, b.ask("setSettings", f{"connection": 3}))
	for _, x := range []*bare{a, b} {
		require.Empty(t, x.ask("connect", f{"address": "10.0.0.1:27888"}))
		x.is("session", "state", "connected")
	}
	require.Empty(t, a.ask("create", f{"game": "Duel"}))
	b.until("the room", func() bool { return len(b.games) == 1 })
	for id := range b.games {
		require.Empty(t, b.ask("join", f{"game": id}))
	}
	for _, x := range []*bare{a, b} {
		require.Equal(t, []any{"1, 3"}, x.hears("notice", "notice.mixedTypes")["args"])
	}
	log, err := os.ReadFile(filepath.Join(ann.folder, "log"))
	require.NoError(t, err)
	require.Regexp(t, `level=WARN .*different connection types`, string(log))
	begun := time.Now()
	require.Empty(t, b.ask("leave", nil))
	require.Less(t, time.Since(begun), 3*time.Second)
	b.is("room", "id", 0.0)
	require.Empty(t, b.get("room", "left"))
}

// In a room whose name begins with * the page offers no start, and asking for one all the
// same starts nothing.
func TestChatRoomsOfferNoStart(t *testing.T) {
	srv := servertest.Start(t)
	p := newPlayer(t, "ann")
	require.NoError(t, p.session.SetInfos(&bridge.Infos{AppName: "test 1.0", Games: []string{"* Chat only"},
		Callbacks: bridge.Callbacks{Game: 1}}))
	a := newBrowser(t, p.open())
	require.Empty(t, a.ask("connect", f{"address": srv.Addr}))
	a.is("session", "state", "connected")
	require.Empty(t, a.ask("create", f{"game": "* Chat only"}))
	a.is("room", "start", "chat")
	require.Equal(t, "chat", a.ask("start", nil))
	require.Zero(t, p.played())
}

// What was said in a room and never sent, because its owner closed it, is shown as not delivered; of a save a few lines
// are.
func TestRoomChatThatWasNotSentIsShown(t *testing.T) {
	srv := servertest.Start(t)
	owner, err := kclient.Dial(t.Context(), srv.Addr, kclient.Config{User: "bob", Emulator: "test 1.0"})
	require.NoError(t, err)
	defer owner.Quit("")
	room, err := owner.Create(t.Context(), "Duel")
	require.NoError(t, err)
	p := newPlayer(t, "ann")
	b := newBrowser(t, p.open())
	require.Empty(t, b.ask("connect", f{"address": srv.Addr}))
	b.is("session", "state", "connected")
	b.until("the room", func() bool { return len(b.games) == 1 })
	for id := range b.games {
		require.Empty(t, b.ask("join", f{"game": id}))
	}
	for range 400 { // in the time that the pace takes for a few of them
		b.say("say", f{"where": "room", "text": strings.Repeat("x", 300)})
	}
	require.Empty(t, b.ask("say", f{"where": "room", "text": "the last one"})) // all of them were taken
	require.NoError(t, room.Leave(t.Context()))
	require.Equal(t, []any{strings.Repeat("x", 300)}, b.hears("notice", "notice.chatLost")["args"])
	b.is("room", "id", 0.0)
	require.Equal(t, "connected", b.get("session", "state"), "the session goes on")
	require.Empty(t, b.get("session", "unsent"))
}

// What the server says in a room, such as the answer to a command, is shown as its word and not as somebody's chat; the
// command itself is not shown.
func TestAnswersToCommandsInARoomAreShownAsTheServersWord(t *testing.T) {
	srv := servertest.Start(t)
	p := newPlayer(t, "ann")
	b := newBrowser(t, p.open())
	require.Empty(t, b.ask("connect", f{"address": srv.Addr}))
	b.is("session", "state", "connected")
	require.Empty(t, b.ask("create", f{"game": "Duel"}))
	require.Empty(t, b.ask("say", f{"where": "room", "text": "/num"}))
	require.Equal(t, "room", b.hears("server", "1 in the room: 1 ann")["where"])
	require.Empty(t, b.ask("say", f{"where": "room", "text": "/maxping 5000"}))
	require.Equal(t, "Server", b.hears("server", "/maxping takes")["from"])
	for _, l := range b.lines {
		require.NotEqual(t, "/num", l["text"])
	}
}

// Each kind of time-out has its own words on the page.
func TestTimeoutsHaveTheirOwnWords(t *testing.T) {
	for kind, want := range map[kclient.TimeoutKind]string{
		kclient.TimeoutHello: "timeout", kclient.TimeoutLogin: "login", kclient.TimeoutRequest: "unanswered",
		kclient.TimeoutNoWord:  "unanswered",
		kclient.TimeoutSilence: "silent", kclient.TimeoutGame: "silent", kclient.TimeoutNetsync: "loading",
	} {
		require.Equal(t, problem(want, "host:1"), problemOf(&kclient.TimeoutError{Server: "host:1", Kind: kind}))
	}
	require.Equal(t, problem("timeout", "192.0.2.1:5, 192.0.2.2:5"), problemOf(&kclient.UnansweredError{Host: "host:5",
		Tried: []kclient.Unanswered{
			{Server: "192.0.2.1:5", Err: &kclient.TimeoutError{Kind: kclient.TimeoutHello}},
			{Server: "192.0.2.2:5", Err: &kclient.NotListeningError{}}}}))
	require.Equal(t, "loading", overReason(&kclient.TimeoutError{Kind: kclient.TimeoutNetsync}))
	require.Equal(t, "timeout", overReason(&kclient.TimeoutError{Kind: kclient.TimeoutGame}))
	require.Equal(t, "state", problemOf(kclient.ErrNotInRoom).Code, "and not a wrong address")
}
