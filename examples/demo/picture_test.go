package main

import (
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestPicture(t *testing.T) {
	var c comparison
	one, two := at(1), at(1)
	one.screen[0] = 0b11000000                 // the two pixels at the top left
	one.screen[screenWidth/8] = 0b10000000     // and the one below the first
	two.screen[len(two.screen)-1] = 0b00000001 // the one at the bottom right
	require.NoError(t, c.add(0, one, time.Now()))
	require.NoError(t, c.add(1, two, time.Now()))

	for wide, want := range map[bool][2]string{true: {"█▀", "▄"}, false: {"▛", "▗"}} {
		d := display{names: [2]string{"ann", "bob"}, wide: wide}
		first := d.picture(&c)
		d.drawn = true
		again := d.picture(&c)
		require.True(t, strings.HasPrefix(again, "\x1b[20A"), "a later picture is drawn over the first")
		require.Equal(t, strings.TrimPrefix(first, "\x1b[?25l"), strings.TrimPrefix(again, "\x1b[20A"))

		lines := strings.Split(strings.TrimSuffix(strings.TrimPrefix(again, "\x1b[20A"), "\n"), "\n")
		require.Len(t, lines, pictureRows)
		for _, line := range lines {
			require.Equal(t, utf8.RuneCountInString(lines[0]), utf8.RuneCountInString(line))
		}
		require.True(t, strings.HasPrefix(lines[2], "│"+want[0]+" "), lines[2])
		require.True(t, strings.HasSuffix(lines[17], " "+want[1]+"│\x1b[K"), lines[17])
		require.Contains(t, lines[0], "player 1: ann")
		require.Contains(t, lines[0], "player 2: bob")
	}
}

// TestNoTerminal gets plain lines, without a control character.
func TestNoTerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/out")
	require.NoError(t, err)
	defer file.Close()
	d := newDisplay(file, [2]string{"ann", "bob"})
	require.Equal(t, time.Second, d.interval())
	var c comparison
	require.NoError(t, c.add(0, at(1), time.Now()))
	d.show(&c, 3*time.Second)
	d.end(&c)
	text, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	require.Equal(t, "  3 s  player 1: frame 1  player 2: frame 0  0 frames equal\n", string(text))
}
