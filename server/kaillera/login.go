package kaillera

import (
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/lobby"
	"kbridge/server/rate"
	"kbridge/server/stats"
)

const stoppingMessage = "The server is shutting down"

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
	se := &session{server: s, loginAddr: at, link: link.New(config, now), began: now}
	se.timer.Owner = se
	request, err := wire.ParseLoginRequest(login)
	se.login.request, se.login.badType = request, err != nil
	s.sessions.set(at.addr, se)
	return se
}

// replayAsk has the link send a 05 that the pending login has sent already.
func (s *session) replayAsk(at time.Time, body []byte) {
	s.asks.open(s.link.Send(at, wire.TypeServerAck, body))
	p := s.place()
	p.Out = s.link.NextDatagram(at, p.Out[:0])
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
	s.server.log.Debug("login not completed", slog.Any("addr", s.addr), slog.Int("rounds", l.rounds))
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
	name := sv.clean.Clean(l.request.User, limits.MaxUserName)
	s.connection = l.request.Connection
	s.who = door.Member{
		Name: name, Shown: sv.clean.Text(name), Key: text.NameKey(name),
		Emulator:   sv.clean.Clean(l.request.Emulator, limits.MaxEmulatorName),
		Connection: s.connection.Frames(), Ping: l.pings.millis(),
		MaxDelay: limits.MaxOldDelay, LateStart: true,
	}
	if s.proven {
		s.who.Rejoins, s.who.LateStart, s.who.MaxDelay = true, false, lockstep.MaxFrameDelay
	}
	if s.rejoin(now) {
		return
	}
	sv.lobby.MakeRoom(now, s.reached)
	if reason := s.admit(now); reason != "" {
		s.refuseLogin(now, stats.RefusedLogin, reason)
		return
	}
	s.takeName(now)
}

// refuseLogin ends a session that was no user's yet.
func (s *session) refuseLogin(now time.Time, why stats.Refusal, reason string) {
	sv := s.server
	sv.countRefused(why)
	sv.log.Info("login refused", append(s.attrs(), slog.String("reason", reason))...)
	s.send(now, wire.TypeLoginRefused, wire.LoginRefused{User: s.who.Name, Message: sv.clean.Encode(reason,
		limits.MaxQuitMessage)})
	s.Close(now)
}

// enter makes a login that nothing speaks against a user, who inherits what an earlier one has left.
func (s *session) enter(now time.Time, inherits *lobby.Left) {
	sv := s.server
	s.beUser()
	s.user = sv.lobby.Enter(now, lobby.Login{Member: s.who, Door: s, Inherits: inherits})
	s.who.ID = s.user.ID
	if !s.reached {
		s.link.Gather(limits.MostOpen)
	}
	s.user.Welcome(now)
	sv.log.Info("login", append(s.attrs(), slog.Int("id", int(s.who.ID)),
		slog.String("emulator", sv.clean.Text(s.who.Emulator)),
		slog.String("connection", s.connection.String()), slog.Int("ping", int(s.who.Ping)))...)
}

// beUser ends the login.
func (s *session) beUser() {
	s.login.over()
	s.login.request, s.login.comeback = wire.LoginRequest{}, nil
	s.enlist(nil)
	s.server.releaseHost(s)
	s.state = stateUser
}

// countLogin counts a login at its host's rate, and reports whether that allows it.
func (s *session) countLogin(now time.Time) bool {
	addr := s.addr.Addr()
	return addr.IsLoopback() || s.server.rates.Allow(now, addr, s.server.cfg.Flood.Login)
}

// admit counts a login, and says why it cannot be; empty when it can.
func (s *session) admit(now time.Time) string {
	sv := s.server
	switch {
	case sv.stopping.Load():
		return stoppingMessage
	case s.reached && !s.countLogin(now):
		return "Too many logins from your address, wait a moment"
	case s.login.badType:
		return fmt.Sprintf("Connection type %d is not one of 1 (LAN) to 6 (Bad)", uint8(s.connection))
	}
	return sv.lobby.Refuses(&s.who)
}

// loginRates remembers how often which address has logged in lately.
type loginRates struct{ byHost map[netip.Addr]*rate.Limiter }

func (l *loginRates) init() { l.byHost = map[netip.Addr]*rate.Limiter{} }

func (l *loginRates) Allow(now time.Time, addr netip.Addr, r rate.Rate) bool {
	key := lobby.HostOf(addr)
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
