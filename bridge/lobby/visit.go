package lobby

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"kbridge/bridge"
	"kbridge/bridge/lobby/message"
	"kbridge/kclient"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// The states of a session, as the page knows them.
const (
	sessionNone       = "none"
	sessionConnecting = "connecting"
	sessionConnected  = "connected"
)

// visit is one stay at a server: from the connection's begin to its end.
type visit struct {
	address string
	name    string // of the server, where a list knows it
	ctx     context.Context
	cancel  context.CancelFunc
	lobby   *kclient.Client // nil while connecting
	charset text.Charset
	chosen  bridge.GameName // what our room was opened for
	users   map[uint16]kclient.User
	games   map[uint32]kclient.GameInfo
	ignored map[string]bool // names, in small letters

	back *bridge.Comeback // the way back that led here; good until the next one is written down

	unsent []string // lines that may not have arrived, when the session has ended

	room     *kclient.Room
	owner    bool
	entering bool
	asking   map[string]bool // requests under way: start, kick, leave
}

// connect logs in at a server. Whatever was before is left first.
func (d *desk) connect(typed string, back *bridge.Comeback) *message.Problem {
	address, ok := serverAddress(typed)
	if !ok {
		return problem("address", typed)
	}
	if d.busy() {
		return problem("busy", "")
	}
	set := d.settings.Get()
	nick, connection := set.Nick, wire.ConnectionType(d.connection(set))
	if back != nil {
		nick, connection = back.User, wire.ConnectionType(back.Connection)
	}
	if nick == "" {
		return problem("nick", "")
	}
	d.disconnect()
	d.setCharset(d.charset())
	v := &visit{address: address, charset: d.charset(), users: map[uint16]kclient.User{},
		games:   map[uint32]kclient.GameInfo{},
		ignored: map[string]bool{}, asking: map[string]bool{}}
	if s := d.servers.byAddress[address]; s != nil {
		v.name = s.Name
	}
	for _, name := range set.Ignored {
		v.ignored[text.NameKey(name)] = true
	}
	v.ctx, v.cancel = context.WithCancel(d.ctx)
	d.visit = v
	d.session = message.Session{State: sessionConnecting, Address: address, Name: v.name, Nick: nick}
	d.tell(d.session)
	config := kclient.Config{User: nick, Emulator: d.emulator.Name, Connection: connection, Charset: v.charset.Name(),
		Logger: d.log, Listen: d.lobby.cfg.Listen}
	if back != nil {
		config.Comeback = &back.Ticket
	}
	d.begin(func(context.Context) func() {
		lobby, err := kclient.Dial(v.ctx, address, config)
		if err == nil {
			d.begin(func(context.Context) func() { d.follow(v, lobby); return nil })
		}
		return func() { d.connected(v, lobby, back, err) }
	})
	return nil
}

// follow hands the session's events to the desk, on a goroutine of its own.
func (d *desk) follow(v *visit, lobby *kclient.Client) {
	for {
		e, err := lobby.NextEvent(d.ctx)
		if err != nil || !d.put(d.ctx, func() { d.event(v, e) }) {
			return
		}
	}
}

func (d *desk) connected(v *visit, lobby *kclient.Client, back *bridge.Comeback, err error) {
	switch {
	case back == nil || d.comeback == nil || v.ctx.Err() != nil:
	case err != nil:
		d.comeback.Failed() // it is offered again
	default:
		d.comeback = nil
		d.tell(d.hello())
	}
	if d.visit != v {
		if err == nil {
			d.begin(func(context.Context) func() { _ = lobby.Quit(""); return nil })
		}
		return
	}
	if err != nil {
		d.left(problemOf(err))
		return
	}
	v.lobby = lobby
	for _, u := range lobby.Users() {
		v.users[u.ID] = u
	}
	for _, g := range lobby.Games() {
		v.games[g.ID] = g
	}
	d.session.State, d.session.User, d.session.Nick = sessionConnected, int(lobby.User().ID), lobby.User().Name
	d.pingSession()
	d.tell(d.session)
	d.tell(message.Users{List: d.users()})
	d.tell(message.Games{List: d.games()})
	if v.address != d.host.address {
		d.remember(v.address, v.name)
	}
	switch room := lobby.Room(); {
	case room != nil:
		v.back = back
		d.entered(v, room)
	case back != nil:
		back.Forget()
		d.say(message.Line{Where: "lobby", Kind: "notice", Text: "notice.noComeback", Args: []string{back.Game}})
	}
}

// pingSession looks at the session's round trip now and then.
func (d *desk) pingSession() {
	if d.visit == nil || d.visit.lobby == nil {
		return
	}
	ping := d.visit.lobby.Ping()
	ms := int(ping.Round(time.Millisecond).Milliseconds())
	if d.session.Ping == ms && d.session.Advice == recommend(ping) {
		return
	}
	d.session.Ping, d.session.Advice = ms, recommend(ping)
	d.tell(d.session)
}

// disconnect leaves the server, or gives up connecting.
func (d *desk) disconnect() {
	if d.visit != nil {
		d.left(nil)
	}
}

// left forgets the session. why is nil if the player wanted it.
func (d *desk) left(why *message.Problem) {
	v := d.visit
	d.play.stop()
	d.visit = nil
	v.cancel()
	if v.lobby != nil {
		lobby := v.lobby
		d.begin(func(context.Context) func() { _ = lobby.Quit(""); return nil })
	}
	if d.room.ID != 0 {
		reason := ""
		if why != nil {
			reason = "lost"
		}
		d.outOfRoom(v, reason)
	}
	d.session = message.Session{State: sessionNone, Address: v.address, Name: v.name, Error: why, Unsent: v.unsent}
	d.tell(d.session)
	d.tell(message.Users{})
	d.tell(message.Games{})
}

// problemOf says in a code what went wrong with a session or a request.
func problemOf(err error) *message.Problem {
	var refused *kclient.RefusedError
	var timeout *kclient.TimeoutError
	var stopped *kclient.NotListeningError
	var unanswered *kclient.UnansweredError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unanswered):
		return problem("timeout", unanswered.Servers())
	case errors.Is(err, context.Canceled):
		return nil
	case errors.Is(err, kclient.ErrForgotten):
		return problem("forgotten", "")
	case errors.As(err, &stopped):
		return problem("stopped", stopped.Server)
	case errors.Is(err, kclient.ErrServerFull):
		return problem("full", "")
	case errors.Is(err, kclient.ErrVersion):
		return problem("version", "")
	case errors.As(err, &refused):
		return problem("refused", refused.Reason)
	case errors.As(err, &timeout):
		return problem(timeoutCodes[timeout.Kind], timeout.Server)
	case errors.Is(err, kclient.ErrChatRoom):
		return problem("chat", "")
	case errors.Is(err, kclient.ErrNotInRoom):
		return problem("state", "")
	case errors.Is(err, kclient.ErrRoomClosed):
		return problem("closed", "")
	case errors.Is(err, kclient.ErrKicked):
		return problem("kicked", "")
	case errors.Is(err, kclient.ErrBusy), errors.Is(err, kclient.ErrInRoom):
		return problem("busy", "")
	case errors.Is(err, kclient.ErrNoPrivate):
		return problem("private", "")
	case errors.Is(err, kclient.ErrClosed):
		return problem("lost", "")
	}
	var name *net.DNSError
	var config *kclient.ConfigError
	var charset *kclient.CharsetError
	if errors.As(err, &charset) {
		return problem("charset", fmt.Sprintf("%c (%U), %s", charset.Char, charset.Char, charset.Charset))
	}
	if errors.As(err, &name) || errors.As(err, &config) || errors.Is(err, wire.ErrHandshake) {
		return problem("address", text.Sanitise(err.Error()))
	}
	return problem("internal", text.Sanitise(err.Error()))
}

// timeoutCodes are what a time-out is called on the page, where each kind has its own words.
var timeoutCodes = map[kclient.TimeoutKind]string{
	kclient.TimeoutSilence: "silent",
	kclient.TimeoutHello:   "timeout",
	kclient.TimeoutLogin:   "login",
	kclient.TimeoutRequest: "unanswered",
	kclient.TimeoutNoWord:  "unanswered",
	kclient.TimeoutNetsync: "loading",
	kclient.TimeoutGame:    "silent",
}
