package kclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kbridge/kclient/wire"
)

// Room is a room that we are in, from Create or Join until we leave, are kicked,
// or it is closed. Several games may be played in it, one after the other.
type Room struct {
	s       *session
	created bool
	over    chan struct{} // closed when err is set
	started chan struct{} // capacity 1: game was set

	// The session's lock guards what follows.
	id       uint32
	wireName string
	known    bool // the server has told the ID
	players  []Player
	game     *Game // the one running or the last one
	next     *Game // started, and not yet returned by WaitStart
	leaving  bool  // Leave was called
	// unaligned: the server does not line up the players' calls; mixed: and their
	// connection types differ, which was told. See tellMixedLocked.
	unaligned, mixed bool
	err              error
}

// Info is the room as the lobby shows it.
func (r *Room) Info() GameInfo {
	r.s.mu.Lock()
	defer r.s.release(nil)
	if g, ok := r.s.lobby.games[r.id]; ok {
		return g
	}
	return GameInfo{ID: r.id, Name: r.s.text(r.wireName), WireName: r.wireName}
}

// Players are those in the room, us included, in the order in which the server
// told them.
func (r *Room) Players() []Player {
	r.s.mu.Lock()
	defer r.s.release(nil)
	return append([]Player(nil), r.players...)
}

// Err is nil while we are in the room; then ErrNotInRoom, ErrKicked,
// ErrRoomClosed, or why the session ended.
func (r *Room) Err() error {
	r.s.mu.Lock()
	defer r.s.release(nil)
	return r.err
}

// Chat says something to the room. Text beyond 320 bytes on the wire is cut at a character; a mark of data
// (wire.CutDataMark) stays. It does not wait: what is said faster than it can be sent, 8 KiB a second, is queued, in
// order. ErrChatFull: the queue holds 384 KiB and this line was not taken. A *CharsetError: the charset does not have
// all of it, and it was not sent. ChatLost tells what was taken and not passed on.
func (r *Room) Chat(text string) (err error) {
	r.s.mu.Lock()
	defer r.s.release(&err)
	if r.err != nil {
		return r.err
	}
	if r.s.err != nil {
		return r.s.closedLocked()
	}
	raw, err := r.s.rawLine(text)
	if raw == "" || err != nil {
		return err
	}
	return r.s.talkLocked(time.Now(), r, raw)
}

// Kick removes a player from the room; only the owner can. Our server, and EmuLinker, do not let it in again while the
// room lives, nor others of its address. A refusal is a *RefusedError with the server's words, or a *TimeoutError
// where servers refuse by silence.
func (r *Room) Kick(ctx context.Context, userID uint16) error {
	req, err := r.askToKick(userID)
	if err != nil {
		return err
	}
	return r.s.await(ctx, requestKick, req, r.s.cfg.RequestTimeout)
}

func (r *Room) askToKick(userID uint16) (req *request, err error) {
	r.s.mu.Lock()
	defer r.s.release(&err)
	if r.err != nil {
		return nil, r.err
	}
	req, err = r.s.requestLocked(time.Now(), requestKick, "kick", wire.TypeKick,
		wire.KickRequest{UserID: userID}.AppendTo(nil))
	if req != nil {
		req.target = userID
	}
	return req, err
}

// WaitStart waits until a game starts and returns it. A game is returned once.
func (r *Room) WaitStart(ctx context.Context) (*Game, error) {
	for {
		g, err := r.takeStarted()
		if g != nil {
			return g, nil
		}
		if err != nil {
			return nil, err
		}
		select {
		case <-r.started:
		case <-r.over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (r *Room) takeStarted() (g *Game, err error) {
	r.s.mu.Lock()
	defer r.s.release(&err)
	g, r.next = r.next, nil
	return g, r.err
}

// endLocked takes us out of the room.
func (r *Room) endLocked(now time.Time, err error) {
	if r.err != nil {
		return
	}
	r.err = err
	if r.game != nil {
		r.game.endLocked(now, err)
	}
	close(r.over)
	if r.s.err == nil { // else chatLostLocked tells it all
		r.s.hushLocked()
	}
	if r.s.room == r {
		r.s.room = nil
	}
	r.s.answerLocked(requestKick, err)
	r.s.answerLocked(requestStart, err)
}

// The server's messages about rooms, called under the session's lock.

func (s *session) gameCreatedLocked(_ time.Time, m wire.GameCreated) {
	if len(s.lobby.games) >= maxListed {
		return
	}
	g := GameInfo{ID: m.GameID, Name: s.text(m.Game), WireName: m.Game, Emulator: s.text(m.Emulator),
		Owner: s.text(m.User),
		State: wire.GameWaiting, Players: 1, MaxPlayers: wire.MaxPlayers}
	s.lobby.games[g.ID] = g
	if r := s.room; r != nil && r.created && !r.known && m.User == s.login.name {
		r.id, r.wireName, r.known = m.GameID, m.Game, true
	}
	s.events.push(GameCreated{g})
}

func (s *session) gameStatusLocked(now time.Time, m wire.GameStatus) {
	g, ok := s.lobby.games[m.GameID]
	if !ok {
		return
	}
	s.startShownLocked(g, m.State)
	g.State, g.Players, g.MaxPlayers = m.State, int(m.Players), int(m.MaxPlayers)
	s.lobby.games[m.GameID] = g
	s.events.push(GameChanged{g})
	s.leftLocked(now, g.ID, g.Players)
}

func (s *session) gameClosedLocked(now time.Time, m wire.GameClosed) {
	id := m.GameID
	g, ok := s.lobby.games[id]
	delete(s.lobby.games, id)
	if ok {
		s.events.push(GameClosed{g})
	}
	if r := s.room; r != nil && r.id == id && (r.known || !r.created) {
		if s.wait[requestEnter] != nil {
			s.refuseLocked(requestEnter, "the room was closed")
			return
		}
		if r.leaving {
			r.endLocked(now, ErrNotInRoom)
		} else {
			r.endLocked(now, ErrRoomClosed)
		}
		s.answerLocked(requestLeave, nil)
		s.lobby.out = outMaybe
	}
}

func (s *session) playerListLocked(_ time.Time, m wire.PlayerList) {
	if s.room == nil {
		return
	}
	s.room.players = s.room.players[:0]
	for _, p := range m.Players[:min(len(m.Players), wire.MaxPlayers)] {
		s.room.players = append(s.room.players, Player{p.UserID, s.text(p.Name), milliseconds(p.Ping), p.Connection})
	}
	s.room.tellMixedLocked()
}

func (s *session) playerJoinedLocked(_ time.Time, m wire.PlayerJoined) {
	r := s.room
	if r == nil {
		return
	}
	p := Player{m.UserID, s.text(m.User), milliseconds(m.Ping), m.Connection}
	if i := r.indexOf(p.ID); i >= 0 {
		r.players[i] = p
	} else if len(r.players) < wire.MaxPlayers {
		r.players = append(r.players, p)
	} else {
		return
	}
	if p.ID == s.login.me.ID && s.wait[requestEnter] != nil {
		if g, ok := s.lobby.games[r.id]; ok {
			r.wireName = g.WireName
		}
		s.answerLocked(requestEnter, nil)
		r.unaligned = m.GameID == 0 && r.id != 0 && !s.knowsPrivateLocked()
	}
	s.events.push(PlayerJoined{p})
	r.tellMixedLocked()
}

func (s *session) playerLeftLocked(now time.Time, m wire.PlayerLeft) {
	r := s.room
	if m.UserID == s.login.me.ID {
		s.outLocked(now)
		return
	}
	if q := s.wait[requestKick]; q != nil && q.target == m.UserID {
		s.answerLocked(requestKick, nil)
	}
	if r == nil {
		return
	}
	if i := r.indexOf(m.UserID); i >= 0 {
		p := r.players[i]
		r.players = append(r.players[:i], r.players[i+1:]...)
		s.events.push(PlayerLeft{p})
		r.tellMixedLocked()
	}
}

// refuseLocked answers a request with the server's no.
func (s *session) refuseLocked(kind requestKind, reason string) {
	r := s.wait[kind]
	if r == nil {
		return
	}
	if kind == requestEnter {
		s.room = nil
	}
	s.link.Prove(time.Now(), r.seq)
	s.answerLocked(kind, &RefusedError{r.what, reason})
}

func (s *session) gameStartedLocked(now time.Time, m wire.GameStarted) {
	r := s.room
	if r == nil || s.wait[requestEnter] != nil || m.Player > m.Players {
		return // a start outside of a room concerns somebody else
	}
	if r.chatOnly() {
		s.log.Warn("the server started a game in a chat room; we do not play it", "room", s.text(r.wireName))
		s.sendLocked(now, wire.TypeDropGame, wire.DropRequest{}.AppendTo(s.body[:0])) // nobody waits for us
		return
	}
	g, err := newGame(r, m)
	if err != nil {
		s.log.Warn("the server started a game that cannot be played", "err", err)
		s.answerLocked(requestStart, fmt.Errorf("kclient: the server started a game that cannot be played: %w", err))
		return
	}
	if r.game != nil {
		r.game.endLocked(now, ErrGameOver)
	}
	g.beginLocked(now)
	r.game, r.next = g, g
	signal(r.started)
	s.answerLocked(requestStart, nil)
	s.events.push(GameStarted{g.player, g.players})
}

func (r *Room) indexOf(id uint16) int {
	for i := range r.players {
		if r.players[i].ID == id {
			return i
		}
	}
	return -1
}

// IsOver reports whether err says that a game ended in an ordinary way: ended
// here, by the server, or with the room.
func IsOver(err error) bool {
	return errors.Is(err, ErrGameOver) || errors.Is(err, ErrDropped) || errors.Is(err, ErrRoomClosed) ||
		errors.Is(err, ErrNotInRoom) || errors.Is(err, ErrKicked)
}
