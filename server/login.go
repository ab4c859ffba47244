package server

import (
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
	"kbridge/server/rate"
)

// serverName is who the server's own lines are from.
const serverName = "Server"

const stoppingMessage = "The server is shutting down"

// errorName is who refusals of starts and kicks are from; no user may be called so.
const errorName = "Error"

// loginState is where the rounds of 05 and 06 of one of our own clients stand, which has returned the nonce; what
// old clients do before that is in pending.go.
type loginState struct {
	counted  bool      // in host.logins
	until    time.Time // when it must be complete
	asked    int       // 05 so far
	left     int       // of them, that have left in a datagram
	rounds   int       // complete
	sent     []sentAsk // a ring of limits.MaxLoginAsks + 1; nil once it is over
	ticketed bool      // the ticket is under way
	pings    *pings    // like sent
	request  wire.LoginRequest
	badType  bool
	comeback []byte   // trailing bytes of a 06: the client says that it was here before
	waits    *session // that has its name, and may have no client any more
}

// sentAsk is when a 05 left first; zero when nobody knows any more.
type sentAsk struct {
	at        time.Time
	datagrams int // of the link, with that one
}

// over gives back what is of use in a login only.
func (l *loginState) over() { l.sent, l.pings = nil, nil }

// sentAs is where the k-th 05 of the login is kept; the answered ones make room.
func (l *loginState) sentAs(k int) *sentAsk { return &l.sent[k%len(l.sent)] }

func (l *loginState) begin(since time.Time) {
	l.until = since.Add(limits.LoginTimeout)
	l.sent, l.pings = make([]sentAsk, limits.MaxLoginAsks+1), &pings{}
}

// newSession makes a session of a login.
func (s *Server) newSession(now time.Time, at loginAddr, config link.Config, login []byte) *session {
	se := &session{server: s, loginAddr: at, link: link.New(config, now), player: -1, began: now}
	se.timer.Owner = se
	request, err := wire.ParseLoginRequest(login)
	se.login.request, se.login.badType = request, err != nil
	s.sessions[at.addr] = se
	return se
}

// replayAsk has the link send a 05 that the pending login has sent already.
func (s *session) replayAsk(at time.Time, body []byte) {
	s.server.body = body
	s.asks.open(s.link.Send(at, wire.TypeServerAck, body))
	s.link.NextDatagram(at, s.server.out[:0])
}

// replayLoginAsk is replayAsk for one that is timed.
func (s *session) replayLoginAsk(ask sentAsk, body []byte) {
	s.replayAsk(ask.at, body)
	*s.login.sentAs(s.login.asked) = ask
	s.login.asked++
	s.login.left++
}

// asking reports whether a 05 has left that is not answered.
func (l *loginState) asking() bool { return l.left > l.rounds }

// tickLogin reports whether the session is still there.
func (s *session) tickLogin(now time.Time) bool {
	l := &s.login
	switch {
	case l.waits != nil:
		if !l.waits.doubt.open() || !now.Before(l.until) {
			l.waits = nil
			s.takeName(now)
		}
		return true
	case now.Before(l.until):
		return true
	}
	s.server.cfg.Logger.Debug("login not completed", slog.Any("addr", s.addr), slog.Int("rounds", l.rounds))
	s.forget()
	return false
}

// flushedLogin takes down that a datagram has left. Each carries one new 05.
func (s *session) flushedLogin(now time.Time) {
	if l := &s.login; s.state == stateLogin && l.left < l.asked {
		*l.sentAs(l.left) = sentAsk{at: now, datagrams: s.link.Stats().DatagramsSent}
		l.left++
	}
}

// receiveAck handles a 06. The k-th one answers the k-th 05 and proves it.
func (s *session) receiveAck(now time.Time, ack wire.ClientAck) {
	l := &s.login
	s.acks++
	if _, ok := ext.ParseComeback(ack.Extra); ok && s.proven && s.state == stateLogin {
		l.comeback = append(l.comeback[:0], ack.Extra...)
	}
	if s.state == stateLogin && !l.asking() {
		return
	}
	if p := &s.prover; !s.reached {
		rtt := time.Duration(0)
		if p.worth > 0 && p.first.IsZero() { // else nobody knows which 05 it answers
			rtt = now.Sub(p.at)
		}
		p.answer(now, rtt)
	}
	seq, ok := s.asks.answered(now)
	if !ok {
		return // nobody asked
	}
	if s.state != stateLogin || l.waits != nil {
		s.answers = s.state != stateLogin
		s.link.Prove(now, seq)
		s.touch()
		return
	}
	if ask := l.sentAs(l.rounds); !ask.at.IsZero() {
		// Which of several datagrams is answered nobody knows.
		l.pings.add(now.Sub(ask.at), s.link.Stats().DatagramsSent != ask.datagrams)
	}
	s.link.Prove(now, seq)
	s.nextRound(now)
}

// nextRound sends the next 05 if none is under way, or ends the login.
func (s *session) nextRound(now time.Time) {
	l := &s.login
	l.rounds++
	switch {
	case l.rounds >= limits.LoginRounds:
		s.completeLogin(now)
	case l.rounds == l.asked, s.proven && !l.ticketed:
		s.askLogin(now)
	}
}

// askLogin sends the login's next 05.
func (s *session) askLogin(now time.Time) {
	l := &s.login
	ask := wire.ServerAck{}
	if s.proven && !l.ticketed {
		l.ticketed = true
		ask.Extra = s.ticket.AppendTo(nil)
	}
	l.asked++
	s.asks.open(s.send(now, wire.TypeServerAck, ask))
}

// completeLogin makes the session a user, or refuses it by name.
func (s *session) completeLogin(now time.Time) {
	sv := s.server
	l := &s.login
	s.user = sv.clean.clean(l.request.User, limits.MaxUserName)
	s.emulator = sv.clean.clean(l.request.Emulator, limits.MaxEmulatorName)
	s.connection = l.request.Connection
	s.key = text.NameKey(s.user)
	s.ping = l.pings.millis()
	if s.rejoin(now) {
		return
	}
	s.makeRoom(now)
	if reason := s.admit(now); reason != "" {
		s.refuseLogin(now, RefusedLogin, reason)
		return
	}
	s.takeName(now)
}

// refuseLogin ends a session that was no user's yet.
func (s *session) refuseLogin(now time.Time, why Refusal, reason string) {
	sv := s.server
	sv.countRefused(why)
	sv.cfg.Logger.Info("login refused", append(s.attrs(), slog.String("reason", reason))...)
	s.send(now, wire.TypeLoginRefused, wire.LoginRefused{User: s.user, Message: sv.clean.encode(reason,
		limits.MaxQuitMessage)})
	s.closeSession(now)
}

// enter makes a login that nothing speaks against a user.
func (s *session) enter(now time.Time) {
	sv := s.server
	l := &s.login
	sv.count.Logins.Add(1)
	l.over()
	s.enlist(nil)
	sv.releaseHost(s)
	l.request = wire.LoginRequest{}
	s.id = sv.nextUserID()
	s.state = stateLobby
	if s.userRates == nil {
		s.userRates = sv.userRates.take(now, s.addr.Addr())
	}
	if !s.reached {
		s.link.Gather(limits.MostOpen)
	}
	joined := func() { s.send(now, wire.TypeUserJoined, s.entered()) }
	s.sendStatus(now, joined)
	sv.addUser(s)
	if s.reached {
		joined()
	}
	s.news.begin(sv)
	sv.news.add(now, s)
	for _, line := range sv.motd {
		s.send(now, wire.TypeServerMessage, wire.ServerMessage{From: serverName, Text: line})
	}
	sv.cfg.Logger.Info("login", append(s.attrs(), slog.Int("id", int(s.id)),
		slog.String("emulator", sv.clean.text(s.emulator)),
		slog.String("connection", s.connection.String()), slog.Int("ping", int(s.ping)))...)
}

// countLogin counts a login at its host's rate, and reports whether that allows it.
func (s *session) countLogin(now time.Time) bool {
	addr := s.addr.Addr()
	return addr.IsLoopback() || s.server.rates.Allow(now, addr, s.server.cfg.Flood.Login)
}

func (s *session) entered() wire.UserJoined {
	return wire.UserJoined{User: s.user, UserID: s.id, Ping: s.ping, Connection: s.connection}
}

// admit counts a login, and says why it cannot be; empty when it can.
func (s *session) admit(now time.Time) string {
	sv := s.server
	switch {
	case sv.stopping:
		return stoppingMessage
	case s.reached && !s.countLogin(now):
		return "Too many logins from your address, wait a moment"
	case s.login.badType:
		return fmt.Sprintf("Connection type %d is not one of 1 (LAN) to 6 (Bad)", uint8(s.connection))
	case s.key == "" || isBlank(sv.clean.seen(s.user)):
		return "Your user name is empty"
	case isReserved(sv.clean.seen(s.user)):
		return "That user name is reserved, choose another one"
	case time.Duration(s.ping)*time.Millisecond > sv.cfg.MaxPing:
		return fmt.Sprintf("Your ping of %d ms is above the limit of %d ms", s.ping, sv.cfg.MaxPing.Milliseconds())
	}
	return ""
}

// sendStatus sends who and what is there, in parts. Where bytes are few it calls joined after the first part: n02 waits
// for its own name, and adds up what comes later.
func (s *session) sendStatus(now time.Time, joined func()) {
	sv := s.server
	sv.lastNews++
	s.listed = sv.lastNews
	parts := 0
	users := make([]wire.StatusUser, 0, len(sv.users))
	for _, u := range sv.users {
		st := wire.UserIdle
		if u.inGame() {
			st = wire.UserPlaying
		}
		users = append(users, wire.StatusUser{Name: u.user, Ping: u.ping, State: st, UserID: u.id,
			Connection: u.connection})
	}
	games := make([]wire.StatusGame, 0, len(sv.rooms))
	for _, r := range sv.rooms {
		games = append(games, wire.StatusGame{Name: r.game, GameID: r.id, Emulator: r.emulator, Owner: r.ownerName,
			Players: len(r.members), MaxPlayers: r.capacity(), State: r.state})
	}
	if !s.reached && len(users)*limits.LeastUser > limits.SmallStatus {
		s.send(now, wire.TypeServerStatus, wire.ServerStatus{})
		joined()
		parts++ // the rest will have to wait
	}
	wire.SplitServerStatus(users, games, func(part wire.ServerStatus) {
		s.send(now, wire.TypeServerStatus, part)
		if parts++; parts == 1 && !s.reached {
			joined()
		}
	})
}

func (s *Server) addUser(u *session) {
	s.users = append(s.users, u)
	s.byID[u.id] = u
	s.byName[u.key] = u
	s.countPlace(u)
}

func (s *Server) removeUser(u *session) {
	for i, other := range s.users {
		if other == u {
			s.users = append(s.users[:i], s.users[i+1:]...)
			break
		}
	}
	delete(s.byID, u.id)
	if s.byName[u.key] == u {
		delete(s.byName, u.key)
	}
	s.freePlace(u)
}

// nextUserID skips 0, FFFF (which clients write for "I do not know") and what is
// in use. There are fewer users than IDs, so there is one.
func (s *Server) nextUserID() uint16 {
	for {
		s.lastUser++
		if s.lastUser == 0xFFFF {
			s.lastUser = 1
		}
		if _, used := s.byID[s.lastUser]; !used {
			return s.lastUser
		}
	}
}

// loginRates remembers how often which address has logged in lately.
type loginRates struct{ byHost map[netip.Addr]*rate.Limiter }

func (l *loginRates) init() { l.byHost = map[netip.Addr]*rate.Limiter{} }

func (l *loginRates) Allow(now time.Time, addr netip.Addr, r Rate) bool {
	key := hostOf(addr)
	h := l.byHost[key]
	if h == nil {
		if len(l.byHost) >= limits.MaxLoginRates {
			l.sweep(now)
		}
		h = &rate.Limiter{}
		l.byHost[key] = h
	}
	return h.Allow(now, r)
}

// sweep forgets whoever has its full burst again, and if these are none, anyone.
func (l *loginRates) sweep(now time.Time) {
	var some netip.Addr
	for addr, h := range l.byHost {
		if !h.FullAt().After(now) {
			delete(l.byHost, addr)
		}
		some = addr
	}
	if len(l.byHost) >= limits.MaxLoginRates {
		delete(l.byHost, some)
	}
}
