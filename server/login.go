package server

import (
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
)

// serverName is who the server's own lines are from.
const serverName = "Server"

// errorName is who refusals of starts and kicks are from; no user may be called so.
const errorName = "Error"

// loginState is where the rounds of 05 and 06 stand.
type loginState struct {
	counted  bool      // in host.logins
	until    time.Time // when it must be complete
	asked    time.Time // when the 05 under way was first sent
	flushed  bool      // that 05 has left in a datagram
	repeated bool      // it had to be sent again: what it measures is unclear
	resends  int       // of the link, when it was sent
	rounds   int       // complete
	early    int       // 06 that came before their 05
	pings    pings
	request  wire.LoginRequest
	badType  bool
	comeback []byte // trailing bytes of a 06: the client says that it was here before
}

// newSession replays what a pending login has done so far into a fresh link: the
// login came, and the first 05 went out.
func (s *Server) newSession(since time.Time, from netip.AddrPort, login []byte) *session {
	se := &session{server: s, addr: from, link: link.New(link.Config{Server: true}, since), player: -1}
	se.timer.owner = se
	se.login.until = since.Add(loginTimeout)
	se.login.counted = true
	request, err := wire.ParseLoginRequest(login)
	se.login.request, se.login.badType = request, err != nil
	s.host(from.Addr()).logins++
	s.sessions[from] = se
	se.enlist(&s.logins)

	replay := wire.AppendBundleHeader(nil, 1)
	replay = wire.AppendMessage(replay, 0, wire.TypeLogin, login)
	if se.link.Receive(since, replay) == nil {
		se.link.Message()
	}
	s.body = s.firstAck(s.body[:0], from)
	se.asks.open(se.link.Send(since, wire.TypeServerAck, s.body))
	for len(se.link.Datagram(since, s.out[:0])) > 0 {
		se.login.flushed = true
	}
	return se
}

// deadline is when tickLogin has something to do.
func (l *loginState) deadline() time.Time {
	if l.early > 0 && l.flushed {
		return earliest(l.until, l.asked.Add(earlyAckAfter))
	}
	return l.until
}

// tickLogin reports whether the session is still there.
func (s *session) tickLogin(now time.Time) bool {
	if !now.Before(s.login.until) {
		s.server.cfg.Logger.Debug("login not completed", slog.Any("addr", s.addr), slog.Int("rounds", s.login.rounds))
		s.forget()
		return false
	}
	if l := &s.login; l.early > 0 && l.flushed && !now.Before(l.asked.Add(earlyAckAfter)) {
		l.early--
		s.asks.skip()
		s.nextRound(now)
	}
	return true
}

// receiveAck handles a 06. The k-th one answers the k-th 05 and proves it.
func (s *session) receiveAck(now time.Time, ack wire.ClientAck) {
	l := &s.login
	s.acks++
	if _, ok := wire.ParseComeback(ack.Extra); ok && s.proven && s.state == stateLogin {
		l.comeback = append(l.comeback[:0], ack.Extra...)
	}
	if s.state == stateLogin && !l.flushed {
		l.early = min(l.early+1, maxEarlyAcks)
		return
	}
	seq, ok := s.asks.answered(now)
	if !ok {
		return // nobody asked
	}
	if s.state != stateLogin {
		s.link.Prove(now, seq)
		s.touch()
		return
	}
	if !l.asked.IsZero() {
		l.pings.add(now.Sub(l.asked), l.repeated || s.link.Stats().Resends != l.resends)
	}
	s.link.Prove(now, seq)
	s.nextRound(now)
}

// nextRound sends the next 05, or ends the login.
func (s *session) nextRound(now time.Time) {
	l := &s.login
	l.rounds++
	if l.rounds >= loginRounds {
		s.completeLogin(now)
		return
	}
	l.asked, l.flushed, l.repeated, l.resends = now, false, false, s.link.Stats().Resends
	ask := wire.ServerAck{}
	if s.proven && l.rounds == 1 {
		ask.Extra = s.ticket.AppendTo(nil)
	}
	s.asks.open(s.send(now, wire.TypeServerAck, ask))
}

// completeLogin makes the session a user, or refuses it by name.
func (s *session) completeLogin(now time.Time) {
	sv := s.server
	l := &s.login
	s.user = sv.clean.clean(l.request.User, maxUserName)
	s.emulator = sv.clean.clean(l.request.Emulator, maxEmulatorName)
	s.connection = l.request.Connection
	s.key = nameKey(sv.clean.text(s.user))
	s.ping = l.pings.millis()
	if s.comeBack(now) {
		return
	}
	if reason := s.refusal(now); reason != "" {
		sv.stats.Refused++
		sv.cfg.Logger.Info("login refused", append(s.attrs(), slog.String("reason", reason))...)
		s.send(now, wire.TypeLoginRefused, wire.LoginRefused{User: s.user, Message: sv.clean.encode(reason, maxQuitMessage)})
		s.closeSession(now)
		return
	}
	sv.stats.Logins++
	s.enlist(nil)
	sv.releaseHost(s)
	l.request = wire.LoginRequest{}
	s.id = sv.nextUserID()
	s.state = stateLobby
	s.sendStatus(now)
	sv.addUser(s)
	sv.broadcast(now, wire.TypeUserJoined, wire.UserJoined{User: s.user, UserID: s.id, Ping: s.ping, Connection: s.connection})
	for _, line := range sv.motd {
		s.send(now, wire.TypeServerMessage, wire.ServerMessage{From: serverName, Text: line})
	}
	sv.cfg.Logger.Info("login", append(s.attrs(), slog.Int("id", int(s.id)), slog.String("emulator", sv.clean.text(s.emulator)),
		slog.String("connection", s.connection.String()), slog.Int("ping", int(s.ping)))...)
}

// refusal says why this login cannot be; empty when it can.
func (s *session) refusal(now time.Time) string {
	sv := s.server
	text := sv.clean.text(s.user)
	switch {
	case sv.stopping:
		return "The server is shutting down"
	case !s.addr.Addr().IsLoopback() && !sv.rates.allow(now, s.addr.Addr(), sv.cfg.Flood.Login):
		return "Too many logins from your address, wait a moment"
	case s.login.badType:
		return fmt.Sprintf("Connection type %d is not one of 1 (LAN) to 6 (Bad)", uint8(s.connection))
	case s.key == "":
		return "Your user name is empty"
	case isReserved(text):
		return "That user name is reserved, choose another one"
	case time.Duration(s.ping)*time.Millisecond > sv.cfg.MaxPing:
		return fmt.Sprintf("Your ping of %d ms is above the limit of %d ms", s.ping, sv.cfg.MaxPing.Milliseconds())
	}
	if other := sv.byName[s.key]; other != nil {
		if other.addr.Addr() != s.addr.Addr() || other.inGame() || now.Sub(other.link.LastReceived()) < replaceAfter {
			return "That user name is in use, choose another one"
		}
		other.quit(now, "logged in again", true)
	}
	if len(sv.users) >= sv.cfg.MaxUsers {
		return fmt.Sprintf("The server is full (%d users)", sv.cfg.MaxUsers)
	}
	return ""
}

// sendStatus sends who and what is there, in parts.
func (s *session) sendStatus(now time.Time) {
	sv := s.server
	users := make([]wire.StatusUser, 0, len(sv.users))
	for _, u := range sv.users {
		st := wire.UserIdle
		if u.inGame() {
			st = wire.UserPlaying
		}
		users = append(users, wire.StatusUser{Name: u.user, Ping: u.ping, State: st, UserID: u.id, Connection: u.connection})
	}
	games := make([]wire.StatusGame, 0, len(sv.rooms))
	for _, r := range sv.rooms {
		games = append(games, wire.StatusGame{Name: r.game, GameID: r.id, Emulator: r.emulator, Owner: r.ownerName,
			Players: len(r.members), MaxPlayers: maxPlayers, State: r.state})
	}
	wire.SplitServerStatus(users, games, func(part wire.ServerStatus) { s.send(now, wire.TypeServerStatus, part) })
}

func (s *Server) addUser(u *session) {
	s.users = append(s.users, u)
	s.byID[u.id] = u
	s.byName[u.key] = u
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
type loginRates struct{ byHost map[netip.Addr]*rater }

func (l *loginRates) init() { l.byHost = map[netip.Addr]*rater{} }

func (l *loginRates) allow(now time.Time, addr netip.Addr, r Rate) bool {
	key := hostOf(addr)
	h := l.byHost[key]
	if h == nil {
		if len(l.byHost) >= maxLoginRates {
			l.sweep(now)
		}
		h = &rater{}
		l.byHost[key] = h
	}
	return h.allow(now, r)
}

// sweep forgets whoever has its full burst again, and if these are none, anyone.
func (l *loginRates) sweep(now time.Time) {
	var some netip.Addr
	for addr, h := range l.byHost {
		if !h.until.After(now) {
			delete(l.byHost, addr)
		}
		some = addr
	}
	if len(l.byHost) >= maxLoginRates {
		delete(l.byHost, some)
	}
}
