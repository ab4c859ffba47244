package setting

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type house struct {
	rooms int
	wait  time.Duration
	door  string
	names []string
}

var table = []Setting[house]{
	Row[house, int]{Name: "rooms", Field: "Rooms", Value: "number", Kind: Int(1, 9), Default: 3,
		To: func(h *house) *int { return &h.rooms }, Help: "how many there are"},
	Row[house, time.Duration]{Name: "wait", Kind: Duration(time.Second, time.Hour), Default: time.Minute,
		To: func(h *house) *time.Duration { return &h.wait }, Help: "at the door"},
	Row[house, string]{Name: "door", Kind: Words(Named("open", "shut")...), Default: "open",
		To: func(h *house) *string { return &h.door }, Help: "open | shut"},
	Row[house, []string]{Name: "names", Kind: Names(2, 4), Default: []string{"ann"},
		To: func(h *house) *[]string { return &h.names }, Help: "who lives there"},
}

func TestDefaultsFillWhatIsZeroAndResetEverything(t *testing.T) {
	all := house{3, time.Minute, "open", []string{"ann"}}
	h := house{rooms: 5, names: []string{}}
	for _, s := range table {
		s.Fill(&h)
	}
	require.Equal(t, house{5, time.Minute, "open", []string{}}, h, "an empty list is no zero value")
	for _, s := range table {
		s.Reset(&h)
	}
	require.Equal(t, all, h)
	h.names[0] = "eve"
	table[3].Reset(&h)
	require.Equal(t, all, h, "a default is nobody's list")
}

func TestAWrongTextIsNamedAndChangesNothing(t *testing.T) {
	for i, wrong := range [][]string{{"0", "10", "x", "", "99999999999999999999"}, {"1ms", "2h", "60"}, {"ajar", ""},
		{"a,b,c", "abcde"}} {
		h := house{}
		for _, text := range wrong {
			err := table[i].Set(&h, text)
			d := table[i].Describe()
			require.Equal(t, &Error{Name: d.Name, Value: text, Takes: d.Takes}, err)
			require.Zero(t, h)
		}
	}
	require.EqualError(t, table[0].Set(&house{}, "x"), `rooms is "x"; it takes a whole number from 1 to 9`)
	require.EqualError(t, table[2].Set(&house{}, "ajar"), `door is "ajar"; it takes open or shut`)
}

func TestRightTextsAreSet(t *testing.T) {
	h := house{}
	for i, text := range []string{"9", "1h", "SHUT", " bob, ,eve "} {
		require.NoError(t, table[i].Set(&h, text))
	}
	require.Equal(t, house{9, time.Hour, "shut", []string{"bob", "eve"}}, h)
	require.NoError(t, table[3].Set(&h, ""))
	require.Equal(t, []string{}, h.names)
}

func TestWrongValuesAreFoundAndMended(t *testing.T) {
	h := house{10, 0, "ajar", []string{" "}}
	for i, want := range []string{
		"Rooms is 10; it takes a whole number from 1 to 9", "wait is 0s; it takes a time from 1s to 1h",
		"door is ajar; it takes open or shut",
		`names has the name " "; it takes at most 2 names of 1 to 4 bytes, with commas between them`,
	} {
		require.EqualError(t, table[i].Check(&h), want)
		require.Len(t, table[i].Mend(&h), 1)
		require.NoError(t, table[i].Check(&h))
		require.Empty(t, table[i].Mend(&h))
	}
	require.Equal(t, house{3, time.Minute, "open", []string{"ann"}}, h)
}

func TestTheTableIsPrinted(t *testing.T) {
	require.Equal(t, "| flag | what it is | takes | default |\n|---|---|---|---|\n"+
		"| `-rooms` | how many there are | a whole number from 1 to 9 | 3 |\n| `-wait` | at the door | a time from 1s to 1h | 1m |\n"+
		"| `-door` | open \\| shut | open or shut | open |\n", Markdown("flag", "-", Describe(table[:3])))
	require.Equal(t,
		"  -rooms number\n    \thow many there are\n    \tIt takes a whole number from 1 to 9 (default 3)\n",
		Flags(Describe(table[:1])))
}

func TestHelpIsWrapped(t *testing.T) {
	for line := range strings.Lines(Flags([]Description{{Name: "x", Help: strings.Repeat("many words ", 50),
		Takes: strings.Repeat("x", 200)}})) {
		if !strings.Contains(line, "xxx") {
			require.Less(t, len(line), 80)
		}
	}
}
