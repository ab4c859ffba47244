package autoplay

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/bridge/environ"
	"kbridge/bridge/krec"
	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/server"
)

const address = "10.0.0.1:27888"

// world is a server on a simulated network, inside a synctest bubble.
type world struct {
	t   *testing.T
	net *network.Network
}

// inWorld runs f with a server, under virtual time.
func inWorld(t *testing.T, cfg server.Config, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, net: network.New(1, network.Profile{Delay: 10 * time.Millisecond})}
		conn, err := w.net.Listen(netip.MustParseAddrPort(address))
		require.NoError(t, err)
		s, err := server.New(cfg)
		require.NoError(t, err)
		served := make(chan error, 1)
		go func() { served <- s.Serve(conn, nil) }()
		defer func() {
			s.Close("the test is over")
			<-served
		}()
		f(t, w)
	})
}

func (w *world) listen(netip.AddrPort) (kclient.PacketConn, error) {
	return w.net.Listen(netip.AddrPort{})
}

// kill takes an emulator's network away, so that nobody hears of its end.
func (w *world) kill(e *emulator) { e.conn.Close() }

// emulator is one that plays frames frames inside its game callback.
type emulator struct {
	w       *world
	session *bridge.Session
	log     string
	state   string // folder
	conn    kclient.PacketConn
	wrap    func(kclient.PacketConn) kclient.PacketConn // nil, or what the emulator's socket becomes
	env     environment
	frames  int

	// What came of it.
	code    int
	began   time.Time
	took    time.Duration // until the dialog returned
	game    bridge.Call   // the game callback
	output  string        // the frames of its machine, one for each call
	chats   []string
	drops   []int
	playing chan struct{} // closed when the game callback runs
}

var games = []string{"Duel", strings.Repeat("Maze ", 40)}

// emulator makes one with orders.
func (w *world) emulator(frames int, pairs ...string) *emulator {
	e := &emulator{
		w: w, frames: frames, log: filepath.Join(w.t.TempDir(), "log"), playing: make(chan struct{}),
		env: environment{environ.EnvServer: address}.with(pairs...),
	}
	e.env[environ.EnvLog] = e.log
	ui := New(e.env.getenv)
	ui.listen = func(to netip.AddrPort) (kclient.PacketConn, error) {
		conn, err := w.listen(to)
		if err == nil && e.wrap != nil {
			conn = e.wrap(conn)
		}
		e.conn = conn
		return conn, err
	}
	if e.state = e.env["TEST_STATE"]; e.state == "" {
		e.state = w.t.TempDir()
	}
	cfg := bridge.Config{UI: ui, Getenv: e.env.getenv, State: func() string { return e.state }}
	if name := e.env["TEST_HOST"]; name != "" { // as on a Windows of this code page
		cfg.HostCharset = charset(w.t, name)
		cfg.Charset = cfg.HostCharset
	}
	e.session = bridge.New(cfg)
	e.session.Init()
	require.NoError(w.t, e.session.SetInfos(&bridge.Infos{
		AppName: "test 1.0", Games: games, Callbacks: bridge.Callbacks{Game: 1, ChatReceived: 2, ClientDropped: 3},
	}))
	return e
}

// dialog is kailleraSelectServerDialog, as cabi does it.
func (e *emulator) dialog() {
	e.began = time.Now()
	defer func() { e.took = time.Since(e.began) }()
	id, err := e.session.BeginDialog(1, 0)
	require.NoError(e.w.t, err)
	for {
		var c bridge.Call
		c, e.code = e.next(id)
		if c.Kind == bridge.CallNone {
			return
		}
		e.game = c
		close(e.playing)
		e.play()
		e.session.EndGame()
	}
}

// next waits for what the dialog wants next.
func (e *emulator) next(id uint64) (c bridge.Call, code int) {
	for {
		code = e.session.NextCall(id, &c)
		if c.Kind != bridge.CallWait {
			return c, code
		}
		e.session.Wait(1, &c)
	}
}

func (e *emulator) play() {
	const size = 2
	for n := 0; n < e.frames; {
		values := make([]byte, bridge.MaxPlayers*size)
		values[0], values[1] = byte(e.game.Player), byte(n/4)
		var c bridge.Call
		got := e.session.ModifyPlayValues(1, values, size, &c)
		for c.Kind != bridge.CallNone {
			switch c.Kind {
			case bridge.CallWait:
				e.session.Wait(1, &c)
			case bridge.CallChat:
				e.chats = append(e.chats, c.Nick+": "+c.Text)
			case bridge.CallDrop:
				e.drops = append(e.drops, c.Player)
			}
			got = e.session.ModifyPlayValues(1, values, size, &c)
		}
		if got < 0 {
			return
		}
		if got == 0 { // calls are frames: inside the delay nobody presses anything
			got = size * e.game.Players
			clear(values)
		}
		e.output += string(values[:got])
		n++
		time.Sleep(time.Second / 60)
	}
}

// start runs the dialog on a thread of its own; the channel is closed when it
// has returned.
func (e *emulator) start() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.dialog()
	}()
	return done
}

func (e *emulator) logged() string {
	text, err := os.ReadFile(e.log)
	require.NoError(e.w.t, err)
	return string(text)
}

func TestCreateAndJoin(t *testing.T) {
	for _, game := range games {
		inWorld(t, server.Config{}, func(t *testing.T, w *world) {
			records := t.TempDir()
			env := []string{environ.EnvGame, game, environ.EnvPlayers, "3", environ.EnvRecord, records}
			one := w.emulator(120, append(env, environ.EnvRole, "create", environ.EnvNick, "one", environ.EnvConnection,
				"1")...)
			two := w.emulator(120, append(env, environ.EnvRole, "join", environ.EnvNick, "two", environ.EnvConnection,
				"2")...)
			three := w.emulator(120, append(env, environ.EnvNick, "three", environ.EnvConnection, "6")...)
			first := one.start()
			second := two.start()
			time.Sleep(5 * time.Second)
			third := three.start()
			<-first
			<-second
			<-third
			for i, e := range []*emulator{one, two, three} {
				require.Zero(t, e.code, e.logged())
				require.Equal(t, bridge.Call{Kind: bridge.CallGame, Function: 1, Game: game, Player: i + 1, Players: 3},
					e.game,
					"the entry of the list, even where the wire has cut it")
				require.Len(t, e.output, 120*3*2)
				require.Equal(t, one.output, e.output)
				require.Contains(t, e.logged(), `msg="game ended" reason=kailleraEndGame`)
				e.session.Shutdown()
			}
			files, err := filepath.Glob(filepath.Join(records, "*.krec"))
			require.NoError(t, err)
			require.Len(t, files, 3)
			for _, file := range files {
				require.Equal(t, one.output, recorded(t, file))
			}
		})
	}
}

// recorded are the frames of a recording.
func recorded(t *testing.T, path string) (frames string) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	r, err := krec.NewReader(file)
	require.NoError(t, err)
	require.Equal(t, 3, r.Header().Players)
	for {
		record, err := r.Next()
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			require.True(t, r.Ended())
			return frames
		}
		if record.Kind == krec.Frame && len(record.Values) == 0 {
			record.Values = make([]byte, 2*r.Header().Players)
		}
		frames += string(record.Values)
	}
}

func TestAutoCreatesWhenThereIsNoRoom(t *testing.T) {
	inWorld(t, server.Config{}, func(t *testing.T, w *world) {
		var done []<-chan struct{}
		var all []*emulator
		for i := range 4 { // two pairs: the third finds a room that plays
			e := w.emulator(300, environ.EnvNick, fmt.Sprint("player", i))
			all = append(all, e)
			done = append(done, e.start())
			time.Sleep(time.Second)
		}
		for i, e := range all {
			<-done[i]
			require.Zero(t, e.code, e.logged())
			require.Len(t, e.output, 300*2*2)
			require.Equal(t, i%2+1, e.game.Player)
		}
		require.Equal(t, all[0].output, all[1].output)
		require.Equal(t, all[2].output, all[3].output)
	})
}

func TestJoinWaitsThirtySecondsForTheRightRoom(t *testing.T) {
	inWorld(t, server.Config{}, func(t *testing.T, w *world) {
		other := w.emulator(1, environ.EnvRole, "create", environ.EnvGame, games[1], environ.EnvNick, "other")
		over := other.start()
		e := w.emulator(1, environ.EnvRole, "join", environ.EnvNick, "joiner")
		e.dialog()
		require.Equal(t, -1, e.code)
		require.InDelta(t, 30, e.took.Seconds(), 2)
		require.Contains(t, e.logged(), `no room for \"Duel\" opened within 30s`)

		// A room that opens just before is entered.
		e = w.emulator(60, environ.EnvRole, "join", environ.EnvNick, "joiner")
		done := e.start()
		time.Sleep(25 * time.Second)
		late := w.emulator(60, environ.EnvRole, "create", environ.EnvNick, "late")
		late.dialog()
		<-done
		require.Zero(t, e.code)
		require.Equal(t, late.output, e.output)
		other.session.Shutdown()
		<-over
		require.Zero(t, other.code)
	})
}

func TestChatAndDropsReachTheEmulator(t *testing.T) {
	inWorld(t, server.Config{}, func(t *testing.T, w *world) {
		one := w.emulator(600, environ.EnvRole, "create", environ.EnvNick, "one")
		two := w.emulator(120, environ.EnvRole, "join", environ.EnvNick, "two")
		require.Error(t, one.session.ChatSend("nobody is there"))
		first, second := one.start(), two.start()
		<-one.playing
		time.Sleep(time.Second)
		require.NoError(t, one.session.ChatSend("hello"))
		<-second
		<-first
		require.Equal(t, []string{"one: hello"}, one.chats, "one's own line comes back")
		require.Equal(t, []string{"one: hello"}, two.chats)
		require.Equal(t, []int{2}, one.drops)
		require.Empty(t, two.drops)
		require.Len(t, one.output, 600*2*2, "one plays on alone")
	})
}

// The emulator notes the start, and then does not call any more: that the
// game is over comes from the server.
func TestDialogEndsWhenTheServerEndsTheGame(t *testing.T) {
	inWorld(t, server.Config{NetsyncStall: time.Minute}, func(t *testing.T, w *world) {
		owner := w.emulator(60, environ.EnvRole, "create", environ.EnvNick, "owner")
		idle := w.emulator(0, environ.EnvRole, "join", environ.EnvNick, "idle")
		first := owner.start()
		id, err := idle.session.BeginDialog(1, 0)
		require.NoError(t, err)
		c, _ := idle.next(id)
		require.Equal(t, bridge.CallGame, c.Kind)
		c, code := idle.next(id) // returns at once from the callback, and never plays
		require.Equal(t, bridge.CallNone, c.Kind)
		require.Zero(t, code)
		require.Contains(t, idle.logged(), `msg="game ended"`)
		<-first
		require.Len(t, owner.output, 60*2*2)
	})
}

func TestServerThatIsNotThere(t *testing.T) {
	inWorld(t, server.Config{}, func(t *testing.T, w *world) {
		e := w.emulator(1, environ.EnvServer, "10.0.0.2")
		e.dialog()
		require.Equal(t, -1, e.code)
		require.Equal(t, 15*time.Second, e.took.Round(time.Second))
		require.Contains(t, e.logged(), "cannot log in at 10.0.0.2 (KAILLERA_SERVER)")

		// kailleraShutdown does not wait that long.
		e = w.emulator(1, environ.EnvServer, "10.0.0.2")
		done := e.start()
		time.Sleep(time.Second)
		e.session.Shutdown()
		<-done
		require.Zero(t, e.code)
		require.Less(t, e.took, 2*time.Second)
	})
}

func TestServerThatVanishes(t *testing.T) {
	inWorld(t, server.Config{}, func(t *testing.T, w *world) {
		e := w.emulator(1<<20, environ.EnvRole, "create", environ.EnvPlayers, "1")
		done := e.start()
		<-e.playing
		time.Sleep(10 * time.Second)
		w.net.SetProfile(network.Profile{Loss: 1})
		<-done
		require.Zero(t, e.code, "the game was played, and ended")
		// As long as the server would keep the player's place.
		require.Regexp(t, `msg="game ended" reason="kclient: waited 1m0s for any datagram in the game`, e.logged())
		w.net.SetProfile(network.Profile{})
	})
}

func TestRefusals(t *testing.T) {
	inWorld(t, server.Config{MaxGames: 1, MaxUsers: 2}, func(t *testing.T, w *world) {
		first := w.emulator(1, environ.EnvRole, "create", environ.EnvNick, "first")
		over := first.start()
		time.Sleep(time.Second)

		second := w.emulator(1, environ.EnvRole, "create", environ.EnvNick, "second", environ.EnvGame, games[1])
		second.dialog()
		require.Equal(t, -1, second.code)
		require.Contains(t, second.logged(), "cannot open a room")

		second = w.emulator(1, environ.EnvRole, "create", environ.EnvNick, "Server")
		second.dialog()
		require.Equal(t, -1, second.code)
		require.Contains(t, second.logged(), "refused the login")

		wait := w.emulator(1, environ.EnvRole, "join", environ.EnvNick, "waiting", environ.EnvGame, games[1]).start()
		time.Sleep(time.Second)
		third := w.emulator(1, environ.EnvNick, "third")
		third.dialog()
		require.Equal(t, -1, third.code)
		require.Contains(t, third.logged(), "full")
		<-wait
		first.session.Shutdown()
		<-over
	})
}

// When the owner leaves, the server closes the room, and with it the game of
// those who play on.
func TestOwnerStaysForALittleWhile(t *testing.T) {
	for _, more := range []int{60, 6000} { // frames that the other one plays on
		inWorld(t, server.Config{}, func(t *testing.T, w *world) {
			owner := w.emulator(60, environ.EnvRole, "create", environ.EnvNick, "owner")
			other := w.emulator(60+more, environ.EnvRole, "join", environ.EnvNick, "other")
			first, second := owner.start(), other.start()
			<-first
			<-second
			require.Zero(t, owner.code)
			require.Zero(t, other.code)
			if more == 60 {
				require.Len(t, other.output, (60+more)*2*2)
				require.Less(t, owner.took, 4*time.Second, "not longer than they play")
			} else {
				require.Less(t, owner.took, linger+4*time.Second)
			}
		})
	}
}

func TestRoomThatVanishes(t *testing.T) {
	inWorld(t, server.Config{}, func(t *testing.T, w *world) {
		lobby, err := kclient.Dial(context.Background(), address, kclient.Config{User: "owner", Listen: w.listen})
		require.NoError(t, err)
		room, err := lobby.Create(context.Background(), "Duel")
		require.NoError(t, err)
		e := w.emulator(1, environ.EnvRole, "join")
		done := e.start()
		time.Sleep(time.Second)
		require.NoError(t, room.Leave(context.Background()))
		<-done
		require.Equal(t, -1, e.code)
		require.Contains(t, e.logged(), "closed before the game began")
		lobby.Quit("")
	})
}
