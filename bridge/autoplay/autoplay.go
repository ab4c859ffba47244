package autoplay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"kbridge/bridge"
	"kbridge/bridge/environ"
	"kbridge/kclient"
	"kbridge/kclient/guard"
	"kbridge/kclient/wire"
)

const (
	// joinWait is how long role join waits for a room to enter.
	joinWait = 30 * time.Second
	// lookAgain is how soon it tries again after a room refused it. Such a
	// room was full or started in the same moment.
	lookAgain = time.Second
	// linger is how long the owner of a room stays after the game while
	// others still play: a server closes the room when its owner leaves, and
	// those who are some frames behind would lose them.
	linger = 5 * time.Second
)

// Autoplay is a bridge.UI that does what the environment says.
type Autoplay struct {
	getenv func(string) string
	listen func(netip.AddrPort) (kclient.PacketConn, error) // nil: UDP; tests set it
	other  bridge.UI                                        // without orders; may be nil
}

// New makes an Autoplay that reads its orders anew for each dialog. A nil
// getenv is os.Getenv.
func New(getenv func(string) string) *Autoplay {
	if getenv == nil {
		getenv = os.Getenv
	}
	return &Autoplay{getenv: getenv}
}

// Otherwise has another user interface run the dialogs for which there are no
// orders, since KAILLERA_SERVER is not set: the lobby. It returns a.
func (a *Autoplay) Otherwise(ui bridge.UI) *Autoplay {
	a.other = ui
	return a
}

// Run logs in, finds a room, plays one game and logs out.
func (a *Autoplay) Run(ctx context.Context, d *bridge.Dialog) error {
	orders, err := environ.ReadOrders(a.getenv)
	if errors.Is(err, environ.ErrNoServer) && a.other != nil && a.getenv(environ.EnvLobby) != environ.LobbyOff {
		return a.other.Run(ctx, d)
	}
	if err != nil {
		return err
	}
	if a.getenv(environ.EnvCharset) == "" {
		orders.Charset = d.DefaultCharset()
	}
	emulator := d.Emulator(orders.Charset)
	game, err := choose(orders.Game, emulator)
	if err != nil {
		return err
	}
	log := d.Logger()
	back := comeback(d, &orders, emulator, game)
	log.Info("going to the server", "server", orders.Server, "nick", orders.Nick, "role", orders.Role, "game",
		game.Name,
		"connection", orders.Connection.String(), "charset", orders.Charset.Name())
	config := kclient.Config{
		User:       orders.Nick,
		Emulator:   emulator.Name,
		Connection: orders.Connection,
		Charset:    orders.Charset.Name(),
		Logger:     log,
		Listen:     a.listen,
	}
	if back != nil {
		config.Comeback = &back.Ticket
	}
	lobby, err := kclient.Dial(ctx, orders.Server, config)
	if err != nil {
		if back != nil {
			back.Failed()
		}
		return fmt.Errorf("cannot log in at %s (%s): %w", orders.Server, environ.EnvServer, err)
	}
	defer lobby.Quit("")

	v := visit{
		dialog: d, orders: orders, emulator: emulator, game: game, log: log, lobby: lobby,
		changed: make(chan struct{}, 1), room: lobby.Room(), taken: back,
	}
	if back != nil && v.room == nil {
		back.Forget()
		log.Info("the server no longer keeps the player's place in the game before")
	}
	return v.run(ctx)
}

// comeback looks whether this emulator crashed in this game on this server. If so
// it goes there as the player that it was.
func comeback(d *bridge.Dialog, s *environ.Orders, e bridge.Emulator, game bridge.GameName) *bridge.Comeback {
	for _, c := range d.Comebacks() {
		if c.Server == s.Server && c.Game == game.Name && c.Charset == s.Charset.Name() {
			d.Logger().Info("rejoining the game", "user", c.User, "started", c.Start)
			s.Nick = c.User
			s.Connection = wire.ConnectionType(c.Connection)
			return &c
		}
	}
	return nil
}

// visit is one stay at a server.
type visit struct {
	dialog   *bridge.Dialog
	orders   environ.Orders
	emulator bridge.Emulator
	game     bridge.GameName
	log      *slog.Logger
	lobby    *kclient.Client
	room     *kclient.Room
	owner    bool             // of that room
	back     bool             // into a game that runs
	taken    *bridge.Comeback // the way back that led here; good until the next one is written down
	changed  chan struct{}    // capacity 1: something may have changed
	playing  playing
}

func (v *visit) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	guard.Go("autoplay", func() {
		defer close(watched)
		defer guard.Catch("autoplay", func(f *guard.Fault) {
			v.log.Error("internal error", "where", f.Where, "panic", f.Value, "stack", f.Stack)
			stop(f) // nobody would hear of the session's end
		})
		v.watch(ctx)
	}, nil)
	defer func() { stop(nil); <-watched }()
	err := v.stay(ctx)
	if f := guard.Of(context.Cause(ctx)); f != nil {
		return fmt.Errorf("%w: %w", bridge.ErrInternal, f)
	}
	return err
}

func (v *visit) stay(ctx context.Context) error {
	if v.room == nil {
		if err := v.enter(ctx); err != nil {
			return err
		}
	} else {
		v.back = true
		v.owner = v.room.Info().Owner == v.lobby.User().Name
	}
	v.dialog.InRoom(v.room.Chat)
	defer v.dialog.InRoom(nil)
	game, err := v.begin(ctx)
	if err != nil {
		return err
	}
	if err := v.play(ctx, game); err != nil {
		return err
	}
	v.linger(ctx)
	return nil
}

// linger waits until nobody plays in our own room any more.
func (v *visit) linger(ctx context.Context) {
	timeout := time.After(linger)
	for v.owner && v.room.Err() == nil && !v.room.Info().State.Joinable() {
		select {
		case <-v.changed:
		case <-v.lobby.Done():
			return
		case <-timeout:
			v.log.Info("others still play; the room closes now")
			return
		case <-ctx.Done():
			return
		}
	}
}

// enter gets into a room.
func (v *visit) enter(ctx context.Context) error {
	switch v.orders.Role {
	case environ.RoleCreate:
		return v.create(ctx)
	case environ.RoleJoin:
		return v.waitAndJoin(ctx)
	}
	joined, err := v.join(ctx)
	if joined {
		return nil
	}
	if err != nil {
		v.log.Info("could not enter a room, so one is opened", "err", err)
	}
	return v.create(ctx)
}

func (v *visit) create(ctx context.Context) (err error) {
	if err = v.game.Unsayable; err == nil {
		v.room, err = v.lobby.Create(ctx, v.game.Wire)
	}
	if err != nil {
		return fmt.Errorf("cannot open a room for %q: %w", v.game.Name, err)
	}
	v.owner = true
	v.log.Info("room opened", "game", v.game.Name, "starts_with_players", v.orders.Players)
	return nil
}

// join tries the waiting rooms of the game, those of the same emulator first.
func (v *visit) join(ctx context.Context) (joined bool, err error) {
	var same, others []kclient.GameInfo
	for _, g := range v.lobby.Games() {
		switch {
		case !g.State.Joinable() || bridge.Room(g.Name) != bridge.Room(v.game.Wire):
		case g.Emulator == v.emulator.Name:
			same = append(same, g)
		default:
			others = append(others, g)
		}
	}
	for _, g := range append(same, others...) {
		room, e := v.lobby.Join(ctx, g.ID)
		if e == nil {
			v.room = room
			v.log.Info("room entered", "game", g.Name, "owner", g.Owner)
			return true, nil
		}
		v.log.Warn("a room did not let us in", "game", g.Name, "owner", g.Owner, "err", e)
		err = e
		if ctx.Err() != nil || v.lobby.Err() != nil {
			break
		}
	}
	return false, err
}

func (v *visit) waitAndJoin(ctx context.Context) error {
	within, stop := context.WithTimeout(ctx, joinWait)
	defer stop()
	var refusal error
	for {
		joined, err := v.join(within)
		switch {
		case joined:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case v.lobby.Err() != nil:
			return fmt.Errorf("the session ended while waiting for a room: %w", v.lobby.Err())
		}
		var again <-chan time.Time
		if err != nil {
			refusal = err
			again = time.After(lookAgain)
		}
		select {
		case <-v.changed:
		case <-again:
		case <-v.lobby.Done():
		case <-within.Done():
		}
		if ctx.Err() == nil && within.Err() != nil {
			if refusal != nil {
				return fmt.Errorf("could not enter a room for %q within %v: %w", v.game.Name, joinWait, refusal)
			}
			return fmt.Errorf("no room for %q opened within %v: open one with %s=%s, or look whether %s names the same game for both",
				v.game.Name, joinWait, environ.EnvRole, environ.RoleCreate, environ.EnvGame)
		}
	}
}

// begin waits until the game starts, and starts it if the room is ours.
func (v *visit) begin(ctx context.Context) (*kclient.Game, error) {
	starting, stop := context.WithCancel(ctx)
	defer stop()
	type started struct {
		game *kclient.Game
		err  error
	}
	result := make(chan started, 1)
	guard.Go("autoplay", func() {
		game, err := v.room.WaitStart(starting)
		result <- started{game, err}
	}, func(f *guard.Fault) { result <- started{err: f} })
	asked := v.back // the game runs already
	for {
		if n := len(v.room.Players()); v.owner && !asked && n >= v.orders.Players {
			asked = true
			v.log.Info("starting the game", "players", n)
			if err := v.room.Start(ctx); err != nil {
				return nil, fmt.Errorf("cannot start the game: %w", err)
			}
		}
		select {
		case r := <-result:
			switch {
			case errors.Is(r.err, kclient.ErrRoomClosed):
				return nil, fmt.Errorf("the room for %q was closed before the game began: %w", v.game.Name, r.err)
			case r.err != nil:
				return nil, fmt.Errorf("the game did not begin: %w", r.err)
			}
			return r.game, nil
		case <-v.changed:
		}
	}
}

// play plays the game to its end.
func (v *visit) play(ctx context.Context, game *kclient.Game) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	v.playing.set(game, end)
	defer v.playing.set(nil, nil)
	v.playing.check()
	if ticket, ok := v.lobby.Ticket(); ok {
		defer v.dialog.KeepComeback(bridge.Comeback{
			Server: v.orders.Server, User: v.lobby.User().Name, Emulator: v.emulator.Name, Game: v.game.Name,
			Charset: v.orders.Charset.Name(), Connection: int(v.orders.Connection), Ticket: ticket,
		})()
	}
	if v.taken != nil {
		v.taken.Forget()
	}

	_, err := v.dialog.Play(ctx, bridge.Match{
		Game: game, Name: v.game, Charset: v.orders.Charset,
		Players: v.names(), Record: v.orders.Record,
	})
	return err
}

// names are the players' in order: servers number those in a room as they came.
func (v *visit) names() []string {
	var names []string
	for _, p := range v.room.Players() {
		names = append(names, p.Name)
	}
	return names
}
