package autoplay

import (
	"context"
	"fmt"
	"sync"

	"kbridge/kclient"
)

// watch reads the session's events until ctx is done or the session has ended:
// some are for the log, some for the emulator, and after each of them the
// world may look different to those who wait.
func (v *visit) watch(ctx context.Context) {
	for {
		e, err := v.lobby.NextEvent(ctx)
		if err != nil {
			return
		}
		switch e := e.(type) {
		case kclient.ServerMessage:
			v.log.Info("server says", "text", e.Text)
		case kclient.GlobalChat:
			v.log.Debug("lobby chat", "from", e.User, "text", e.Text)
		case kclient.RoomChat:
			v.log.Info("room chat", "from", e.User, "text", e.Text)
			v.dialog.Chat(e.User, e.Text)
		case kclient.GameStarted:
			v.dialog.GameStarting()
		case kclient.PlayerJoined:
			v.log.Info("player joined the room", "player", e.Player.Name, "ping", e.Player.Ping, "connection",
				e.Player.Connection.String())
		case kclient.PlayerLeft:
			v.log.Info("player left the room", "player", e.Player.Name)
		case kclient.MixedTypes:
			v.log.Warn("players have different connection types and this server does not line them up: emulators that go on while "+
				"kailleraModifyPlayValues returns 0 will come apart; take the same type for all before the game starts",
				"players", typesOf(e.Players))
		case kclient.PlayerDropped:
			v.log.Info("player dropped out of the game", "player", e.User, "number", e.Player)
			if !v.playing.is(e.Player) {
				v.dialog.ClientDropped(e.User, e.Player)
			}
		}
		v.playing.check()
		select {
		case v.changed <- struct{}{}:
		default:
		}
	}
}

// typesOf says who has which connection type.
func typesOf(players []kclient.Player) (all []string) {
	for _, p := range players {
		all = append(all, fmt.Sprintf("%s: %v", p.Name, p.Connection))
	}
	return all
}

// playing is the game under way, for the goroutine that hears of its end.
type playing struct {
	mu   sync.Mutex
	game *kclient.Game
	end  context.CancelCauseFunc
}

func (p *playing) set(game *kclient.Game, end context.CancelCauseFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.game, p.end = game, end
}

// is reports whether player is us.
func (p *playing) is(player int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.game != nil && p.game.Player() == player
}

// check ends the dialog's game when the client's is over: the emulator may not
// ask for a frame for long, or never again.
func (p *playing) check() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.game != nil && p.game.Err() != nil {
		p.end(p.game.Err())
	}
}
