package main

import (
	"encoding/binary"
	"image/color"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFollowerReadsWhatIsWhole(t *testing.T) {
	f := follower{path: filepath.Join(t.TempDir(), "digests")}
	now := time.Unix(1000, 0)
	require.NoError(t, f.read(now), "a file that is not there yet is no error")
	write := func(text string) {
		file, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		defer file.Close()
		_, err = file.WriteString(text)
		require.NoError(t, err)
	}
	write("10 0000000000000001 0000000000000002 0.5\n20 00000000000000")
	require.NoError(t, f.read(now))
	require.Equal(t, 10, f.frame())
	write("03 0000000000000004 1.5\n")
	require.NoError(t, f.read(now.Add(2*time.Second)))
	require.Equal(t, record{20, "0000000000000003", "0000000000000004", 1.5}, f.records[1])
	frames, speed := f.rate()
	require.InDelta(t, 5, frames, 1e-9)
	require.InDelta(t, 0.5, speed, 1e-9)
	write("nonsense\n")
	require.Error(t, f.read(now))
}

func TestCompareFindsEachDifference(t *testing.T) {
	a := []record{{10, "a", "b", 1}, {20, "c", "d", 2}, {30, "e", "f", 3}}
	n, err := compare(a, a[:2])
	require.NoError(t, err, "one may be ahead")
	require.Equal(t, 2, n)
	for name, other := range map[string]record{
		"frame": {21, "c", "d", 2}, "state": {20, "x", "d", 2}, "picture": {20, "c", "x", 2}, "time": {20, "c", "d", 9},
	} {
		n, err := compare(a, []record{a[0], other, a[2]})
		require.ErrorContains(t, err, "20", name)
		require.Equal(t, 1, n, name)
	}
	require.Equal(t, 1, pictures([]record{{screen: "a"}, {screen: "a"}}))
}

func TestCartridge(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "trails.nes")
	require.NoError(t, writeCartridge(filepath.Join("..", "players", "nes.hex"), path))
	cartridge, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Len(t, cartridge, 16+0x4000+0x2000)
	require.Equal(t, []byte{0x00, 0xC1, 0x00, 0xC0, 0x00, 0xC0}, cartridge[16+0x3FFA:16+0x4000],
		"the vectors are the program's last bytes")
	require.Equal(t, []byte{0x78, 0xD8}, cartridge[16:18], "the program begins at C000")

	for _, bad := range []string{"prg", "prg XYZ", "78", "prg C000\n7", "chr 1FFF\n00 00"} {
		from := filepath.Join(folder, "bad.hex")
		require.NoError(t, os.WriteFile(from, []byte(bad), 0o600))
		require.Error(t, writeCartridge(from, path), bad)
	}
}

func TestShotReadsXwd(t *testing.T) {
	const header, colours, stride = 100 + 60, 2, 4 * screenWidth
	file := make([]byte, header+12*colours+screenHeight*stride)
	for place, value := range map[int]uint32{0: header, 4: screenWidth, 5: screenHeight, 11: 32, 12: stride,
		19: colours} {
		binary.BigEndian.PutUint32(file[4*place:], value)
	}
	binary.LittleEndian.PutUint32(file[header+12*colours+5*stride+4*7:], 0x00112233)
	s := screen{picture: filepath.Join(t.TempDir(), "xwd")}
	require.NoError(t, os.WriteFile(s.picture, file, 0o600))
	picture, err := s.shot()
	require.NoError(t, err)
	require.Equal(t, color.RGBA{0x11, 0x22, 0x33, 0xff}, picture.At(7, 5))
	require.NoError(t, os.WriteFile(s.picture, file[:len(file)-1], 0o600))
	_, err = s.shot()
	require.ErrorIs(t, err, errPicture)
}
