package room

import (
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/framecache"
	"kbridge/kclient/lockstep"
	"kbridge/server/door"
	"kbridge/server/stats"
	"kbridge/server/timer"
)

// testDoor is a client without a protocol: it keeps what it is told.
type testDoor struct {
	events []door.Event
	frames []byte
	cache  *framecache.Cache // of what it was given, as that is named by position
}

func (d *testDoor) Tell(_ time.Time, e door.Event) { d.events = append(d.events, e) }

func (d *testDoor) Frame(_ time.Time, data lockstep.GameData) {
	payload := data.Payload
	if data.Cached {
		payload, _ = d.cache.At(data.Position)
	} else {
		d.cache.Add(payload)
	}
	d.frames = append(d.frames, payload...)
}

func (d *testDoor) Proven(time.Time, int) {}
func (d *testDoor) Heard() time.Time      { return time.Time{} }
func (d *testDoor) Addr() netip.AddrPort  { return netip.AddrPort{} }

// nobody is outside of the room.
type nobody struct{}

func (nobody) Changed(time.Time, *Room)         {}
func (nobody) Over(time.Time, *Room)            {}
func (nobody) Command(time.Time, *Seat, string) {}

// A room stands alone: seats, bytes and frames, and its own lock. Games are played in many of them by goroutines of
// their own, which share nothing but the timers, the counters and the memory.
func TestRoomsPlayWithoutAProtocolAndWithoutEachOther(t *testing.T) {
	const rooms, players, frames, size = 8, 3, 600, 4
	shared := &Shared{Rules: Rules{Stall: time.Minute, NetsyncStall: time.Minute}, Timers: &timer.Heap{},
		Logger: slog.New(slog.DiscardHandler), Count: &stats.Counters{}, Memory: NewMemory(1<<24, 1<<24)}
	var playing sync.WaitGroup
	for i := range rooms {
		playing.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 0))
			now := time.Unix(1000, 0)
			r := New(shared, nobody{}, Opening{ID: uint32(i + 1), Game: "Duel"})
			var doors []*testDoor
			var seats []*Seat
			locked := func(do func()) {
				r.Lock.Lock()
				defer r.Unlock(now)
				do()
			}
			for range players {
				d := &testDoor{cache: framecache.New(framecache.Window)}
				m := &door.Member{Name: "anna", Connection: 1, MaxDelay: lockstep.MaxFrameDelay}
				locked(func() {
					s := r.Enter(m, d, &Rates{})
					r.Welcome(now, s)
					doors, seats = append(doors, d), append(seats, s)
				})
			}
			locked(func() {
				if reason := seats[0].Start(now); reason != "" {
					t.Errorf("room %d does not start: %s", i, reason)
				}
				for _, s := range seats {
					s.Ready(now)
				}
			})
			var want []byte
			for range frames {
				now = now.Add(time.Second / 60)
				for _, s := range seats {
					input := []byte{byte(rng.IntN(256)), byte(rng.IntN(4)), 0, 0}
					want = append(want, input...)
					locked(func() {
						if err := s.Input(now, input); err != nil {
							t.Errorf("room %d: %v", i, err)
						}
					})
				}
			}
			for p, d := range doors {
				if string(d.frames) != string(want) {
					t.Errorf("room %d: player %d was given %d bytes of frames, of %d", i, p+1, len(d.frames), len(want))
				}
			}
			locked(func() { r.Close(now, seats[0]) })
			if got := doors[1].events[len(doors[1].events)-2]; got != door.Event(door.Closed{Room: r.ID}) {
				t.Errorf("room %d: at its end they were told %#v", i, got)
			}
		})
	}
	playing.Wait()
	require.EqualValues(t, rooms*frames, shared.Count.Frames.Load())
	require.Zero(t, shared.Timers.Len(), "a room that is closed wakes nobody")
}
