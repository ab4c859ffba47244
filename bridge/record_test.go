package bridge_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/bridge/krec"
	"kbridge/kclient/text"
)

// recording is a UI that plays one game and records it in folder.
func recording(g bridge.Game, folder string, dialog chan<- *bridge.Dialog) runUI {
	return func(ctx context.Context, d *bridge.Dialog) error {
		dialog <- d
		_, err := d.Play(ctx, bridge.Match{
			Game: g, Name: bridge.GameName{Entry: "Duel", Name: "Duel: été"}, Players: []string{"Zoë", "two"},
			Record: folder,
		})
		return err
	}
}

func TestRecordingHoldsWhatTheEmulatorGot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "records")
		g := newFakeGame()
		dialogs := make(chan *bridge.Dialog, 1)
		h := newHost(t, recording(g, folder, dialogs))
		h.next(h.begin(threadA))
		d := <-dialogs

		g.give(nil)
		g.give([]byte{1, 2})
		g.give([]byte{3, 4})
		require.Zero(t, h.play(threadA, buffer(1), 1, nil))
		d.Chat("Zoë", "été")
		d.ClientDropped("two", 2)
		require.Equal(t, 2, h.play(threadA, buffer(1), 1, nil))
		require.Equal(t, -1, h.play(threadA, nil, 1, nil), "a refused call is no frame")
		require.Equal(t, 2, h.play(threadA, buffer(1), 1, nil))
		g.fails(errors.New("the end"))
		require.Equal(t, -1, h.play(threadA, buffer(1), 1, nil))
		require.Equal(t, -1, h.play(threadA, buffer(1), 1, nil))
		h.Shutdown()

		files, err := filepath.Glob(filepath.Join(folder, "????????_Duel*.krec"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		file, err := os.Open(files[0])
		require.NoError(t, err)
		defer file.Close()
		r, err := krec.NewReader(file)
		require.NoError(t, err)
		head := r.Header()
		require.Equal(t, 1, head.Version)
		require.Equal(t, "test 1.0", head.App)
		require.Equal(t, "Duel: \xe9t\xe9", head.Game, "the session's charset")
		require.Equal(t, []string{"Zo\xeb", "two"}, head.Names[:2])
		require.Equal(t, 1, head.Player)
		require.Equal(t, 2, head.Players)
		var records []krec.Record
		for {
			rec, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			rec.Values = append([]byte{}, rec.Values...)
			records = append(records, rec)
		}
		require.True(t, r.Ended())
		require.Equal(t, []krec.Record{
			{Kind: krec.Frame, Values: []byte{}},
			{Kind: krec.Chat, Nick: "Zo\xeb", Text: "\xe9t\xe9", Values: []byte{}},
			{Kind: krec.Drop, Nick: "two", Player: 2, Values: []byte{}},
			{Kind: krec.Frame, Values: []byte{1, 2}},
			{Kind: krec.Frame, Values: []byte{3, 4}},
		}, records)
	})
}

// A long name is cut at a character, so that the recording is found to be of that game when it is played back.
func TestNamesInARecordingAreCutAtACharacter(t *testing.T) {
	sjis, err := text.LookupCharset("932")
	require.NoError(t, err)
	folder := t.TempDir()
	long := strings.Repeat("あ", 100)
	h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
		_, err := d.Play(ctx, bridge.Match{Game: newFakeGame(), Name: bridge.GameName{Entry: "x", Name: long},
			Charset: sjis, Players: []string{long}, Record: folder})
		return err
	}), func(c *bridge.Config) { c.HostCharset = sjis })
	h.next(h.begin(threadA))
	h.Shutdown()
	files, err := filepath.Glob(filepath.Join(folder, "*.krec"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	file, err := os.Open(files[0])
	require.NoError(t, err)
	defer file.Close()
	r, err := krec.NewReader(file)
	require.NoError(t, err)
	require.Equal(t, long[:63*len("あ")], sjis.Decode(r.Header().Game))
	require.Equal(t, long[:15*len("あ")], sjis.Decode(r.Header().Names[0]))
}

func TestGameIsPlayedWithoutItsRecording(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "a file")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		g := newFakeGame()
		h := newHost(t, recording(g, file, make(chan *bridge.Dialog, 1)))
		h.next(h.begin(threadA))
		g.give([]byte{1, 2})
		require.Equal(t, 2, h.play(threadA, buffer(1), 1, nil))
		require.Equal(t, 1, h.linesWith("level=ERROR", "the game is not recorded", file))
		h.Shutdown()
	})
}

func TestNoRecordingOfAGameThatDidNotStart(t *testing.T) {
	folder := t.TempDir()
	h := newHost(t, recording(newFakeGame(), folder, make(chan *bridge.Dialog, 1)))
	require.NoError(t, h.SetInfos(&bridge.Infos{}))
	h.next(h.begin(threadA))
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Empty(t, files)
}
