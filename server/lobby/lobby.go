package lobby

import (
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"kbridge/kclient/text"
	"kbridge/server/clean"
	"kbridge/server/config"
	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/lock"
	"kbridge/server/room"
	"kbridge/server/stats"
	"kbridge/server/timer"
)

// Parts are what a server gives its lobby and its doors.
type Parts struct {
	Timers *timer.Heap
	Logger *slog.Logger
	Count  *stats.Counters

	Version string // of the server
}

// Door is how a user has come in.
type Door interface {
	door.Door
	// Moved says that the user is in this room now, whose lock guards the door from here on; nil is the lobby. Both
	// locks are held.
	Moved(r *room.Room)
	// Close ends the session. What it was told is still sent.
	Close(now time.Time)
	// Reached reports whether the client has proven that it is where it says.
	Reached() bool
}

// Lobby is a server's users and rooms.
type Lobby struct {
	lock.Lock
	cfg config.Config
	Parts
	Clean  clean.Cleaner
	shared room.Shared
	motd   []string // the welcome, in the charset

	users    []*User      // in the order of their login
	many     atomic.Int64 // users, for whoever does not have the lock
	byID     map[uint16]*User
	byName   map[string]*User
	rooms    []*listing // in the order of their creation
	roomByID map[uint32]*listing
	places   map[netip.Addr]int // users of each host
	rates    hostRates
	news     news
	lastNews uint64 // counts what is new, and lists of it all
	lastUser uint16
	lastRoom uint32

	held  []*room.Room // whose locks whoever has the lobby's has, too
	later later
	pulse pulse
	work  Work
}

// Work is whom the lobby works for at the moment: who is blamed for a panic.
type Work struct {
	Other *User      // whose place or name a login takes
	Room  *room.Room // that is being changed
	News  bool       // what waits to be told is told
}

// New returns a lobby with nobody in it. The configuration has its defaults filled in.
func New(cfg config.Config, parts Parts) *Lobby {
	charset, _ := text.LookupCharset(cfg.Charset) // WithDefaults has looked it up already
	l := &Lobby{
		cfg:      cfg,
		Parts:    parts,
		Clean:    clean.Cleaner{Charset: charset},
		byID:     map[uint16]*User{},
		byName:   map[string]*User{},
		roomByID: map[uint32]*listing{},
		places:   map[netip.Addr]int{},
		rates:    hostRates{byHost: map[netip.Addr][]*rates{}},
	}
	hundreds := cfg.Hundreds()
	l.shared = room.Shared{
		Rules: room.Rules{
			Stall: cfg.Stall, NetsyncStall: cfg.NetsyncStall, Comeback: max(cfg.Comeback, 0),
			ComebackWait: cfg.ComebackWait, FrameDelay: cfg.FrameDelay, SameDelayEmulators: cfg.SameDelayEmulators,
			Padding: cfg.Padding == config.PaddingOn, Numbering: cfg.Numbering,
			Start: cfg.Flood.Start, Chat: cfg.Flood.GameChat,
		},
		Timers: parts.Timers, Logger: parts.Logger, Count: parts.Count, Shown: l.Clean.Text,
		Memory: room.NewMemory(hundreds*limits.MaxGameBytes, hundreds*limits.MaxHistoryBytes),
	}
	l.Body, l.Out = make([]byte, 0, 4<<10), make([]byte, 0, 4<<10)
	l.news.lobby, l.news.timer.Owner = l, &l.news
	l.later.lobby, l.later.timer.Owner = l, &l.later
	l.pulse.lobby, l.pulse.timer.Owner = l, &l.pulse
	l.motd = append(l.motd, l.Clean.EncodeTheirs(cfg.Name, limits.MaxNameBytes))
	if cfg.MOTD != "" {
		for line := range strings.SplitSeq(strings.ReplaceAll(cfg.MOTD, "\r", ""), "\n") {
			l.motd = append(l.motd, l.Clean.EncodeTheirs(line, limits.MaxMOTDLine))
		}
	}
	return l
}

// Hold takes a room's lock, until the lobby's is given back.
func (l *Lobby) Hold(r *room.Room) {
	if r != nil && !slices.Contains(l.held, r) {
		r.Lock.Lock()
		l.held = append(l.held, r)
	}
}

// Unlock flushes, and gives back the lobby's lock and those of rooms.
func (l *Lobby) Unlock(now time.Time) {
	defer l.Lock.Unlock(now)
	defer l.letGo(now)
	l.Lock.Flush(now)
}

// letGo gives back the locks of rooms.
func (l *Lobby) letGo(now time.Time) {
	for len(l.held) > 0 {
		last := len(l.held) - 1
		r := l.held[last]
		l.held[last], l.held = nil, l.held[:last]
		defer r.Lock.Unlock(now) // also when another one's panics
	}
}

// in does something in a room, with its lock held.
func (l *Lobby) in(now time.Time, r *room.Room, do func()) {
	if r == nil || slices.Contains(l.held, r) {
		do()
		return
	}
	r.Lock.Lock()
	defer r.Lock.Unlock(now)
	do()
}

// each does something for every user, with the lock of its room held.
func (l *Lobby) each(now time.Time, do func(u *User)) {
	for _, u := range l.users {
		l.in(now, u.Room(), func() { do(u) })
	}
}

// Broadcast tells everyone.
func (l *Lobby) Broadcast(now time.Time, e door.Event) {
	l.each(now, func(u *User) { u.door.Tell(now, e) })
}

// Users are how many are logged in. Anybody may ask.
func (l *Lobby) Users() int { return int(l.many.Load()) }

// Rooms are how many there are, and how many of them have a game in netsync or in play. Whoever has no lock may ask.
func (l *Lobby) Rooms(now time.Time) (rooms, games int) {
	l.Lock.Lock()
	defer l.Unlock(now)
	return len(l.rooms), l.games(now)
}

// games is how many rooms have a game in netsync or in play.
func (l *Lobby) games(now time.Time) (n int) {
	for _, r := range l.rooms {
		l.in(now, r.Room, func() {
			if r.Running() {
				n++
			}
		})
	}
	return n
}

// Named is the user of this name; nil when there is none.
func (l *Lobby) Named(key string) *User { return l.byName[key] }

// TakeWork is whom the lobby works for at the moment; what it was is forgotten.
func (l *Lobby) TakeWork() Work {
	w := l.work
	l.work = Work{}
	return w
}

// CloseNext closes the first room, and reports whether there was one.
func (l *Lobby) CloseNext(now time.Time) bool {
	if len(l.rooms) == 0 {
		return false
	}
	r := l.rooms[0]
	l.work.Room = r.Room
	r.close(now, nil)
	return true
}

// EndNext ends the first user's session with a message, without a word to others, and reports whether there was one.
func (l *Lobby) EndNext(now time.Time, message string) bool {
	if len(l.users) == 0 {
		return false
	}
	u := l.users[0]
	l.work.Other = u
	l.remove(u)
	u.door.Tell(now, door.Gone{Member: &u.Member, Message: l.Clean.Encode(message, limits.MaxQuitMessage)})
	u.releaseRates(now)
	u.door.Close(now)
	return true
}

// LineBytes is how many bytes of room chat wait in all rooms.
func (l *Lobby) LineBytes() int { return l.shared.LineBytes() }

// EveryRoom does something for every room, with its lock held.
func (l *Lobby) EveryRoom(do func(r *room.Room)) {
	l.HoldAll()
	for _, r := range l.rooms {
		do(r.Room)
	}
}

// Number says which numbers users and rooms had last.
func (l *Lobby) Number(user uint16, room uint32) { l.lastUser, l.lastRoom = user, room }

// UserOf is whose seat it is; nil when that one is not here.
func (l *Lobby) UserOf(s *room.Seat) *User {
	if u := l.byID[s.ID]; u != nil && u.seat == s {
		return u
	}
	return nil
}
