package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kbridge/kclient/framecache"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// scene is one server with rooms of random people: honest players at tables of their own and at tables that are open to
// all, and rogues, who do what the script says. It is judged from outside, see judge.
type scene struct {
	t       *testing.T
	a       *arena
	script  script
	cfg     server.Config
	tables  []*table
	rogues  []*rogue
	victims []netip.Addr // hosts that never say a word; the rogues forge datagrams in their names
	closed  bool         // the server was closed in mid-scene
	done    map[string]int
	before  uint64 // bytes of heap
}

// Lengths of time that the scenes' servers use: short ones, or most scenes would end before anything came of a silence.
const (
	roomsStall    = 2 * time.Second
	roomsNetsync  = 5 * time.Second
	roomsComeback = 6 * time.Second
	roomsWait     = 2 * time.Second
	roomsKeep     = 70 * time.Second // the least that a server takes
)

// playScene plays the scene of a script.
func playScene(t *testing.T, data []byte) (done map[string]int) {
	s := script{data: data}
	sc := &scene{script: s, done: map[string]int{}}
	var wrong atomic.Int64
	sc.configure(&sc.script)
	sc.cfg.Logger = slog.New(&judgeLog{wrong: &wrong, t: t})
	delay := time.Duration(1+sc.script.n(60)) * time.Millisecond
	// A scene that hangs must say so by itself: in virtual time nothing else ends it.
	watchdog := time.AfterFunc(sceneTimeout, func() {
		buf := make([]byte, 1<<20)
		panic(fmt.Sprintf("a scene takes more than %v: script %x\n%s", sceneTimeout, data,
			buf[:runtime.Stack(buf, true)]))
	})
	defer watchdog.Stop()
	inArena(t, s.seed(), network.Profile{Delay: delay}, sc.cfg, func(a *arena) {
		sc.t, sc.a = a.t, a
		sc.run()
	})
	return sc.done
}

// sceneTimeout is real time. The longest scenes take a second or two, ten times that under -race.
const sceneTimeout = 2 * time.Minute

// configure chooses what the server is like.
func (sc *scene) configure(s *script) {
	sc.cfg = server.Config{
		Padding:    server.Padding(s.n(3)),
		FrameDelay: server.FrameDelay(s.n(3)),
		Numbering:  framecache.Numbering(s.n(4) / 3),
		MaxUsers:   6 + s.n(8), MaxGames: 2 + s.n(4),
		MaxPing: time.Second, Stall: roomsStall, NetsyncStall: roomsNetsync, KeepAlive: roomsKeep,
		Comeback: roomsComeback, ComebackWait: roomsWait,
	}
	switch s.n(4) {
	case 0:
		sc.cfg.Comeback = -1
	case 1:
		sc.cfg.Comeback = roomsComeback / 2
	}
	if s.one(2) {
		none := server.Rate{Burst: -1}
		sc.cfg.Flood = server.Flood{Create: none, Join: none, Login: none, Message: none}
	}
}

func (sc *scene) run() {
	ctx, cancel := context.WithCancel(sc.a.t.Context())
	defer cancel()
	sc.before = heapNow()
	sc.seat()
	for _, t := range sc.tables {
		t.begin(ctx)
	}
	sc.gather()
	for sc.script.more() {
		sc.act()
	}
	sc.disperse(ctx, cancel)
	for _, t := range sc.tables {
		for _, h := range t.players {
			sc.done["honest frames"] += len(h.digests)
		}
	}
	st := sc.a.server.Stats()
	sc.done["frames"] += st.Frames
	sc.done["logins"] += st.Logins
	sc.judge()
}

// seat brings the honest players in: they are there before anybody attacks.
func (sc *scene) seat() {
	s := &sc.script
	id := 0
	seats := sc.cfg.MaxUsers - 2
	for i := range 1 + s.n(2) {
		quiet := i == 0
		t := &table{sc: sc, quiet: quiet, ready: make(chan struct{}), stop: make(chan struct{})}
		t.name = fmt.Sprint(map[bool]string{true: quietRoom, false: openRoom}[quiet], i)
		n := 1 + s.n(3)
		if quiet {
			n = max(n, 2)
		}
		for range min(n, seats) {
			seats--
			kind := max(s.n(6)-3, 0) // ours four times out of six
			if sc.cfg.Numbering != framecache.Window {
				kind = 0
			}
			t.old = t.old || kind > 0
			types, far := 6, 80
			if quiet { // what the frame delay of every client covers, or they would stall without anybody's help
				types, far = 3, 50
			}
			h := &honest{t: t, name: fmt.Sprint("honest", id), typ: wire.ConnectionType(1 + s.n(types)),
				host: netip.AddrFrom4([4]byte{10, 1, 0, byte(1 + id)})}
			id++
			sc.distance(h.host, network.Profile{Delay: time.Duration(1+s.n(far)) * time.Millisecond})
			if err := h.enter(kind); err != nil {
				sc.t.Error(err)
				return
			}
			t.players = append(t.players, h)
		}
		if len(t.players) > 0 {
			sc.tables = append(sc.tables, t)
		}
	}
}

// gather makes the rogues, and lets some of them and the honest ones begin.
func (sc *scene) gather() {
	s := &sc.script
	for i := range 2 + s.n(4) {
		r := &rogue{sc: sc, name: fmt.Sprint("rogue", i), typ: wire.ConnectionType(1 + s.n(6)),
			host: netip.AddrFrom4([4]byte{10, 2, 0, byte(1 + i/2)}), size: honestSize, ours: s.one(2), plays: s.one(2)}
		p := network.Profile{Delay: time.Duration(1+s.n(100)) * time.Millisecond}
		if s.one(3) {
			p.Loss, p.Duplicate, p.Reorder, p.Jitter = 0.05, 0.05, 0.05, 10*time.Millisecond
		}
		sc.distance(r.host, p)
		sc.rogues = append(sc.rogues, r)
		if !s.one(4) {
			r.arrive()
		}
	}
	time.Sleep(time.Second)
	for _, t := range sc.tables {
		if t.quiet {
			close(t.ready)
			continue
		}
		// Those who are in join first.
		for _, r := range sc.rogues {
			if s.one(2) {
				r.enter(openRoom)
			}
		}
		time.Sleep(time.Duration(s.n(8)) * 100 * time.Millisecond)
		close(t.ready)
	}
}

func (sc *scene) distance(host netip.Addr, p network.Profile) {
	sc.a.net.SetPath(host, sc.a.addr.Addr(), p)
	sc.a.net.SetPath(sc.a.addr.Addr(), host, p)
}

// disperse ends the scene: the rogues vanish or say goodbye, the honest ones play on alone, then everybody goes.
func (sc *scene) disperse(ctx context.Context, cancel func()) {
	for _, r := range sc.rogues {
		sc.a.net.Partition(r.host, sc.a.addr.Addr(), false)
		if r.typ%2 == 0 {
			r.say(wire.TypeUserQuit, wire.QuitRequest{Message: "bye"}.AppendTo(nil))
		}
	}
	time.Sleep(300 * time.Millisecond)
	for _, r := range sc.rogues {
		r.vanish()
	}
	for _, t := range sc.tables {
		for _, h := range t.players {
			sc.a.net.Partition(h.host, sc.a.addr.Addr(), false)
		}
	}
	sc.playOn()
	for _, t := range sc.tables {
		close(t.stop)
	}
	time.Sleep(time.Second)
	for _, t := range sc.tables {
		for _, h := range t.players {
			h.leave(ctx)
		}
	}
	cancel()
	for _, t := range sc.tables {
		t.done.Wait()
	}
}

// judgeLog is a log that must stay without errors.
type judgeLog struct {
	t     *testing.T
	wrong *atomic.Int64
}

func (l *judgeLog) Enabled(_ context.Context, level slog.Level) bool {
	return roomsTrace || level >= slog.LevelWarn
}

// roomsTrace prints the server's log and the actions of a scene, for whoever replays one.
var roomsTrace = os.Getenv("KBRIDGE_ROOMS_TRACE") != ""

func (l *judgeLog) Handle(_ context.Context, r slog.Record) error {
	if roomsTrace {
		text := ""
		r.Attrs(func(a slog.Attr) bool {
			text += fmt.Sprintf(" %s=%v", a.Key, a.Value)
			return true
		})
		fmt.Println(r.Time.Format("05.000"), r.Message, text)
	}
	if r.Level >= slog.LevelError || strings.Contains(r.Message, "internal error") {
		if l.wrong.Add(1) > 5 {
			return nil
		}
		text := r.Message
		r.Attrs(func(a slog.Attr) bool {
			text += fmt.Sprintf(" %s=%v", a.Key, a.Value)
			return true
		})
		l.t.Errorf("the server logged %v: %s", r.Level, text)
	}
	return nil
}

func (l *judgeLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *judgeLog) WithGroup(string) slog.Handler      { return l }
