package playback

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/bridge/krec"
)

var _ bridge.Game = (*Playback)(nil)

// record writes a game of two players with two bytes each.
func record(t testing.TB, folder string, frames int) string {
	w, err := krec.Create(folder, "Duel", krec.Header{App: "test 1.0", Game: "Duel", Time: time.Unix(1_700_000_000, 0),
		Player: 2, Players: 2, Names: []string{"ann", "bob"}})
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, w.Frame(nil))
	}
	for f := range frames {
		if f == 5 {
			require.NoError(t, w.Chat("ann", "hi"))
			require.NoError(t, w.Drop("ann", 1))
		}
		require.NoError(t, w.Frame([]byte{1, byte(f), 2, byte(f >> 8)}))
	}
	require.NoError(t, w.Close())
	return w.Name()
}

// receive waits for what a call returns.
func receive(p *Playback, values []byte) (int, error) {
	wake := make(chan struct{}, 1)
	p.Notify(func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	for {
		n, wait, err := p.TryReceive(values)
		if wait == 0 {
			return n, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func TestWhatWasRecordedIsPlayed(t *testing.T) {
	file := record(t, t.TempDir(), 300)
	synctest.Test(t, func(t *testing.T) {
		var events []Event
		p, err := Open(file, func(e Event) { events = append(events, e) })
		require.NoError(t, err)
		defer p.Close()
		require.Equal(t, []int{300, 2, 2, 3}, []int{p.Frames(), p.Player(), p.Players(), p.FrameDelay()})
		values := make([]byte, 16)
		begun := time.Now()
		for call := range 303 {
			require.NoError(t, p.Submit(values, 2))
			n, err := receive(p, values)
			require.NoError(t, err)
			if call < 3 {
				require.Zero(t, n)
				continue
			}
			require.Equal(t, []byte{1, byte(call - 3), 2, byte((call - 3) >> 8)}, values[:n])
		}
		require.InDelta(t, 5, time.Since(begun).Seconds(), 0.2,
			"sixty frames a second, although this emulator never waits")
		require.Equal(t, []Event{{Kind: krec.Chat, Nick: "ann", Text: "hi"}, {Kind: krec.Drop, Nick: "ann", Player: 1}},
			events)
		require.NoError(t, p.Submit(values, 2))
		_, err = receive(p, values)
		require.ErrorIs(t, err, ErrEnd)
		require.ErrorIs(t, p.Submit(values, 2), ErrEnd)
		require.Equal(t, 300, p.Stats().Frames)
	})
}

func TestPauseSpeedAndSeek(t *testing.T) {
	file := record(t, t.TempDir(), 5000)
	synctest.Test(t, func(t *testing.T) {
		p, err := Open(file, nil)
		require.NoError(t, err)
		defer p.Close()
		done := make(chan struct{})
		go func() {
			defer close(done)
			values := make([]byte, 16)
			for p.Submit(values, 2) == nil {
				if _, err := receive(p, values); err != nil {
					return
				}
			}
		}()
		at := func() int { synctest.Wait(); return p.Position() }
		time.Sleep(time.Second)
		require.InDelta(t, 60, at(), 8)
		p.Pause(true)
		held := at()
		time.Sleep(time.Minute)
		require.Equal(t, held, at())
		p.Pause(false)
		time.Sleep(time.Second)
		require.InDelta(t, held+60, at(), 10)
		p.Speed(4)
		before := at()
		time.Sleep(time.Second)
		require.InDelta(t, before+240, at(), 20)
		p.Speed(1)
		require.ErrorIs(t, p.Seek(1), ErrBackward)
		require.NoError(t, p.Seek(4000))
		require.NotZero(t, p.Behind())
		time.Sleep(time.Second / 10)
		require.InDelta(t, 4000, at(), 20)
		require.Zero(t, p.Behind())
		p.Speed(0)
		<-done
		require.Equal(t, 5000, p.Position())
	})
}

func TestWrongEmulatorAndDrop(t *testing.T) {
	p, err := Open(record(t, t.TempDir(), 10), nil)
	require.NoError(t, err)
	defer p.Close()
	require.ErrorContains(t, p.Submit(make([]byte, 32), 4), "4 bytes of input a frame, the recording 2")
	require.NoError(t, p.Submit(make([]byte, 16), 2))
	p.Pause(true)
	go p.Drop()
	_, err = receive(p, make([]byte, 16))
	require.ErrorIs(t, err, ErrStopped)
}

func TestShelf(t *testing.T) {
	folder := t.TempDir()
	good := record(t, folder, 100)
	cut, err := os.ReadFile(good)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "cut.krec"), cut[:len(cut)-100], 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bad.krec"), []byte("no recording"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "note.txt"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "folder.krec"), 0o700))
	var s Shelf
	list, err := s.List(folder)
	require.NoError(t, err)
	require.Len(t, list, 3)
	byName := map[string]About{}
	for _, a := range list {
		byName[a.File] = a
	}
	a := byName[filepath.Base(good)]
	require.Equal(t, 100, a.Frames)
	require.True(t, a.Complete)
	require.Empty(t, a.Problem)
	require.Equal(t, []string{"ann", "bob"}, a.Header.Names[:2])
	require.Less(t, byName["cut.krec"].Frames, 100)
	require.Empty(t, byName["cut.krec"].Problem, "it is played up to where it breaks off")
	require.False(t, byName["cut.krec"].Complete)
	require.NotEmpty(t, byName["bad.krec"].Problem)

	for _, name := range []string{"", "..", "note.txt", "../" + filepath.Base(folder) + "/bad.krec", `..\bad.krec`,
		"/etc/passwd.krec", "folder.krec", "none.krec", "C:bad.krec", ".krec"} {
		require.Error(t, Delete(folder, name), name)
	}
	require.NoError(t, Delete(folder, "bad.krec"))
	list, err = s.List(folder)
	require.NoError(t, err)
	require.Len(t, list, 2)
	list, err = s.List(filepath.Join(folder, "nowhere"))
	require.NoError(t, err)
	require.Empty(t, list)
}

// Whatever the file holds, nothing is written that the emulator has no room for.
func FuzzPlayback(f *testing.F) {
	file := record(f, f.TempDir(), 20)
	b, err := os.ReadFile(file)
	require.NoError(f, err)
	f.Add(b, uint8(2))
	f.Add(bytes.Replace(b, []byte{0x12, 4, 0}, []byte{0x12, 9, 0}, 3), uint8(2))
	f.Add([]byte("KRC0"+strings.Repeat("\x00", 400)), uint8(1))
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		path := filepath.Join(folder, "f.krec")
		require.NoError(t, os.WriteFile(path, b, 0o600))
		p, err := Open(path, func(Event) {})
		if err != nil {
			return
		}
		defer p.Close()
		p.Speed(0)
		s := int(size%32) + 1
		values := bytes.Repeat([]byte{0xAA}, 8*s)
		for range 1000 {
			if p.Submit(values[:8*s:8*s], s) != nil {
				return
			}
			n, err := receive(p, values[:8*s])
			if err != nil {
				return
			}
			require.LessOrEqual(t, n, p.Players()*s)
		}
	})
}
