package krec

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestFileName(t *testing.T) {
	when := time.Unix(0x66aa55, 0)
	for game, want := range map[string]string{
		"Duel":                       "0066AA55_Duel.krec",
		"Super Smash Bros. (U) [!]":  "0066AA55_Super Smash Bros. (U) [!].krec",
		"Pokémon 日本":                 "0066AA55_Pokémon 日本.krec",
		"नमस्ते e\u0301":             "0066AA55_नमस्ते e\u0301.krec",
		`../../etc/passwd`:           "0066AA55_.._.._etc_passwd.krec",
		`a<b>c:d"e/f\g|h?i*j`:        "0066AA55_a_b_c_d_e_f_g_h_i_j.krec",
		"a\x00b\nc\x1b\x7fd\u0085":   "0066AA55_a_b_c__d_.krec",
		"a\u202egpj.exe\u2028\u200b": "0066AA55_a_gpj.exe__.krec",
		"caf\xe9":                    "0066AA55_caf_.krec",
		"\ufffd":                     "0066AA55__.krec",
		"a & b; $(c) `d` %e%":        "0066AA55_a _ b_ _(c) _d_ _e_.krec",
		"":                           "0066AA55_game.krec",
		"   ":                        "0066AA55_game.krec",
		" CON ":                      "0066AA55_CON.krec",
		strings.Repeat("x", 300):     "0066AA55_" + strings.Repeat("x", 100) + ".krec",
		strings.Repeat("日", 300):     "0066AA55_" + strings.Repeat("日", 33) + ".krec",
	} {
		require.Equal(t, want, FileName(when, game), "%q", game)
	}
	require.Equal(t, "00000000_x.krec", FileName(time.Time{}, "x"))
	require.Equal(t, "FFFFFFFF_x.krec", FileName(time.Unix(1<<32-1, 0), "x"))
}

func FuzzFileName(f *testing.F) {
	for _, s := range []string{"Duel", "../..", "a\x00b", "日本", "\xff", " . "} {
		f.Add(int64(1), s)
	}
	form := regexp.MustCompile(`^[0-9A-F]{8}_[^<>:"/\\|?*\x00-\x1f\x7f]+\.krec$`)
	f.Fuzz(func(t *testing.T, unix int64, game string) {
		name := FileName(time.Unix(unix, 0), game)
		require.Regexp(t, form, name)
		require.True(t, utf8.ValidString(name))
		require.LessOrEqual(t, len(name), 8+1+maxFileGame+5)
		require.Equal(t, name, filepath.Base(name))
	})
}

func TestCreate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "records")
	var names []string
	for range 3 {
		w, err := Create(dir, "Duel", header)
		require.NoError(t, err)
		require.NoError(t, w.Frame([]byte{1, 2, 3}))
		require.NoError(t, w.Close())
		require.NoError(t, w.Close())
		names = append(names, filepath.Base(w.Name()))

		file, err := os.ReadFile(w.Name())
		require.NoError(t, err)
		h, records, ended, err := readAll(file)
		require.NoError(t, err)
		require.Equal(t, header, h)
		require.Equal(t, []Record{{Kind: Frame, Values: []byte{1, 2, 3}}}, records)
		require.True(t, ended)
	}
	require.Equal(t, []string{"66AA5501_Duel.krec", "66AA5501_Duel_2.krec", "66AA5501_Duel_3.krec"}, names)
}

func TestCreateWritesTheHeaderAtOnce(t *testing.T) {
	w, err := Create(t.TempDir(), "Duel", header)
	require.NoError(t, err)
	defer w.Close()
	file, err := os.ReadFile(w.Name())
	require.NoError(t, err)
	require.Len(t, file, sizeKRC1)
}

func TestCreateSaysWhatItTried(t *testing.T) {
	dir := t.TempDir()
	inTheWay := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(inTheWay, nil, 0o600))
	_, err := Create(inTheWay, "Duel", header)
	require.ErrorContains(t, err, inTheWay)

	_, err = Create(filepath.Join(dir, "unused"), "Duel", Header{Player: 9, Players: 2})
	require.ErrorContains(t, err, "player 9 of 2")
	require.NoDirExists(t, filepath.Join(dir, "unused"))

	for i := range maxSameName {
		w, err := Create(dir, "Duel", header)
		require.NoError(t, err, i)
		require.NoError(t, w.Close())
	}
	_, err = Create(dir, "Duel", header)
	require.ErrorIs(t, err, os.ErrExist)
	require.ErrorContains(t, err, dir)
}

// A full disk shows when the recording starts; /dev/full is one.
func TestCreateFindsAFullDisk(t *testing.T) {
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full: ", err)
	}
	defer f.Close()
	dir := t.TempDir()
	require.NoError(t, os.Symlink("/dev/full", filepath.Join(dir, FileName(header.Time, "Duel"))))
	// O_EXCL does not follow the link, so take the next name; then write to the device directly.
	w, err := Create(dir, "Duel", header)
	require.NoError(t, err)
	require.Equal(t, "66AA5501_Duel_2.krec", filepath.Base(w.Name()), "a link is not written through")
	require.NoError(t, w.Close())
	full, err := NewWriter(f, header)
	require.NoError(t, err)
	require.ErrorContains(t, full.Flush(), "no space left")
}
