package kclient

import (
	"context"
	"fmt"
	"net/netip"
	"sort"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/link"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// maxListed bounds the users and games that a server can make us remember; the
// largest deployed servers had a few hundred.
const maxListed = 4096

// maxQuitWait is how long Quit waits for the server to confirm.
const maxQuitWait = time.Second

// Client is a session on a server: logged in, with its users, games and chat.
type Client struct{ s *session }

// lobbyState is what the server told; the session's lock guards it.
type lobbyState struct {
	users map[uint16]User
	games map[uint32]GameInfo
	// out: we are in no room any more, and the S 0B that says so may still follow.
	// It must not be taken for the refusal of what we asked for since.
	out outState
}

type loginState struct {
	name string // ours, as on the wire
	me   User   // ID is known once the server has shown us among the users
	in   bool
	acks int    // S 05 answered
	ack  uint16 // seq of the last answer
}

// dial is one HELLO and login, with the name cut to maxName bytes. The session may be set
// beside an error; it has ended then.
func dial(ctx context.Context, query netip.AddrPort, cfg Config, charset text.Charset, maxName int,
	faults *guard.Reporter) (*session, error) {
	conn, err := cfg.Listen(query)
	if err != nil {
		return nil, err
	}
	runs := false // the session, which then closes it
	defer func() {
		if !runs {
			_ = guard.Try("kclient: close", conn.Close)
		}
	}()
	server, rtt, err := hello(ctx, conn, query, cfg.HelloTimeout)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	s := &session{
		conn: conn, query: query, server: server, cfg: cfg, charset: charset,
		log: cfg.Logger, faults: faults, done: make(chan struct{}),
		link:   link.New(link.Config{FromFirst: true}, now),
		out:    make([]byte, 0, wire.MaxDatagram),
		spoke:  now,
		events: newEventQueue(cfg.Logger),
		lobby:  lobbyState{users: map[uint16]User{}, games: map[uint32]GameInfo{}},
	}
	s.link.ObserveRTT(rtt)
	s.login.name, _ = s.raw("user name", cfg.User, maxName) // Dial has looked whether the charset has it
	emulator, err := s.raw("emulator's name", cfg.Emulator, wire.MaxEmulatorName)
	if err != nil {
		s.log.Warn("others see another name of the emulator", "error", err)
	}
	s.login.me = User{Name: s.text(s.login.name), Connection: cfg.Connection}
	s.log.Info("server answers", "query", query.String(), "session", server.String(), "rtt", rtt)

	r, err := s.request(requestLogin, "login", wire.TypeLogin, wire.LoginRequest{
		User:       s.login.name,
		Emulator:   emulator,
		Connection: cfg.Connection,
	}.AppendTo(nil))
	if err != nil {
		return nil, err
	}
	runs = true
	guard.Go("kclient: session", s.run, s.fail)
	if err := s.await(ctx, requestLogin, r, cfg.LoginTimeout); err != nil {
		s.giveUp(err)
		return s, err
	}
	s.log.Info("logged in", "server", server.String(), "user", s.login.me.Name)
	return s, nil
}

// giveUp ends a session whose login was not answered. The server may have let us in all the same. Whoever rejoins a
// game leaves it at that: its seat is kept for the next try.
func (s *session) giveUp(err error) {
	s.mu.Lock()
	defer s.release(nil)
	if s.err != nil {
		return
	}
	if s.cfg.Comeback == nil {
		s.sendLocked(time.Now(), wire.TypeUserQuit, wire.QuitRequest{}.AppendTo(s.body[:0]))
		s.flushLocked(time.Now())
	}
	s.endLocked(err)
}

// User is us, as the server shows us to others.
func (c *Client) User() User {
	c.s.mu.Lock()
	defer c.s.release(nil)
	return c.s.login.me
}

// Users are those on the server, us included, by ID.
func (c *Client) Users() []User {
	c.s.mu.Lock()
	defer c.s.release(nil)
	users := make([]User, 0, len(c.s.lobby.users))
	for _, u := range c.s.lobby.users {
		users = append(users, u)
	}
	sort.Slice(users, func(i, j int) bool { return users[i].ID < users[j].ID })
	return users
}

// Games are the rooms on the server, by ID.
func (c *Client) Games() []GameInfo {
	c.s.mu.Lock()
	defer c.s.release(nil)
	games := make([]GameInfo, 0, len(c.s.lobby.games))
	for _, g := range c.s.lobby.games {
		games = append(games, g)
	}
	sort.Slice(games, func(i, j int) bool { return games[i].ID < games[j].ID })
	return games
}

// Ping is the measured round trip to the server, smoothed.
func (c *Client) Ping() time.Duration {
	c.s.mu.Lock()
	defer c.s.release(nil)
	return c.s.link.Stats().RTT
}

// LinkStats counts the session's datagrams and messages.
func (c *Client) LinkStats() link.Stats {
	c.s.mu.Lock()
	defer c.s.release(nil)
	return c.s.link.Stats()
}

// Server is the address of the session as ip:port.
func (c *Client) Server() string { return c.s.server.String() }

// Chat says something to everybody on the server. Text beyond 150 bytes on the
// wire is cut at a character; servers drop lines that come too fast (EmuLinker:
// one in two seconds). A *CharsetError: it was not sent.
func (c *Client) Chat(text string) (err error) {
	s := c.s
	s.mu.Lock()
	defer s.release(&err)
	now := time.Now()
	if s.err != nil {
		return s.closedLocked()
	}
	raw, err := s.raw("line of chat", text, wire.MaxChat)
	if raw != "" && err == nil {
		s.sayLocked(now, wire.TypeGlobalChat, wire.ChatRequest{Text: raw}, raw, nil, LostLine{Text: s.text(raw)})
		s.flushLocked(now)
	}
	return err
}

// Create opens a room for a game and enters it as its owner. game is UTF-8, cut
// to 127 bytes on the wire. A refusal is a *RefusedError, a name that the charset does not have a *CharsetError.
func (c *Client) Create(ctx context.Context, game string) (*Room, error) {
	raw, err := c.s.raw("game's name", game, wire.MaxGameName)
	if err != nil {
		return nil, err
	}
	if raw == "" {
		return nil, &ConfigError{"game", game, "the name of a game, 1 to 127 bytes"}
	}
	return c.enter(ctx, "create", &Room{wireName: raw, created: true}, wire.TypeCreateGame,
		wire.CreateRequest{Game: raw}.AppendTo(nil))
}

// Join enters the room with this ID, see Games. A refusal (full, running, other
// emulator) is a *RefusedError.
func (c *Client) Join(ctx context.Context, gameID uint32) (*Room, error) {
	return c.enter(ctx, "join", &Room{id: gameID}, wire.TypeJoinGame,
		wire.JoinRequest{GameID: gameID, Connection: c.s.cfg.Connection}.AppendTo(nil))
}

// enter sends a create or join and waits until the server shows us in the room.
func (c *Client) enter(ctx context.Context, what string, room *Room, t wire.Type, body []byte) (*Room, error) {
	r, err := c.s.askToEnter(what, room, t, body)
	if err != nil {
		return nil, err
	}
	if err = c.s.await(ctx, requestEnter, r, c.s.cfg.RequestTimeout); err != nil {
		c.s.notEntered(room)
		return nil, err
	}
	return room, nil
}

func (s *session) askToEnter(what string, room *Room, t wire.Type, body []byte) (r *request, err error) {
	s.mu.Lock()
	defer s.release(&err)
	if s.room != nil {
		return nil, ErrInRoom
	}
	room.s = s
	room.started = make(chan struct{}, 1)
	room.over = make(chan struct{})
	if r, err = s.requestLocked(time.Now(), requestEnter, what, t, body); err == nil {
		s.room = room
	}
	return r, err
}

func (s *session) notEntered(room *Room) {
	s.mu.Lock()
	defer s.release(nil)
	if s.room == room { // given up: the server may still let us in, so leave
		s.room = nil
		if s.err == nil {
			now := time.Now()
			s.sendLocked(now, wire.TypeQuitGame, wire.LeaveRequest{}.AppendTo(s.body[:0]))
			s.flushLocked(now)
			s.lobby.out = outMaybe
		}
	}
}

// Quit tells the server goodbye (message is UTF-8, cut to 100 bytes on the wire),
// waits up to a second for it to be heard, and closes the session. It is
// idempotent and always leaves the session closed. A *CharsetError: "?" was said for what the charset does not have.
func (c *Client) Quit(message string) error {
	s := c.s
	raw, charsetErr := s.raw("quit message", message, wire.MaxQuitMessage)
	r, err := s.request(requestQuit, "quit", wire.TypeUserQuit, wire.QuitRequest{Message: raw}.AppendTo(nil))
	if err == nil {
		s.await(context.Background(), requestQuit, r, maxQuitWait)
	}
	s.mu.Lock()
	defer s.release(nil)
	s.endLocked(ErrClosed)
	return charsetErr
}

// Done is closed when the session has ended; Err then says why.
func (c *Client) Done() <-chan struct{} { return c.s.done }

// Err is nil while the session lives, ErrClosed after Quit, or the fault.
func (c *Client) Err() error {
	c.s.mu.Lock()
	defer c.s.release(nil)
	return c.s.err
}

func (g GameInfo) String() string {
	return fmt.Sprintf("%s (%s, %d/%d, %v)", g.Name, g.Owner, g.Players, g.MaxPlayers, g.State)
}
