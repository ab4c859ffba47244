package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/server/limits"
)

func TestConfigDefaults(t *testing.T) {
	c, err := Config{}.WithDefaults()
	require.NoError(t, err)
	require.Equal(t, 100, c.MaxUsers)
	require.Equal(t, 250*time.Millisecond, c.MaxPing)
	require.Equal(t, 190*time.Second, c.KeepAlive)
	require.Equal(t, limits.DefaultFlood, c.Flood)
	require.NotNil(t, c.Logger)
}

func TestConfigErrorsNameTheField(t *testing.T) {
	for field, c := range map[string]Config{
		"MaxUsers is -1":        {MaxUsers: -1},
		"MaxUsers is 10001":     {MaxUsers: 10_001},
		"MaxGames is -5":        {MaxGames: -5},
		"MaxPing is 2s":         {MaxPing: 2 * time.Second},
		"Stall is 1ms":          {Stall: time.Millisecond},
		"NetsyncStall is 100h":  {NetsyncStall: 100 * time.Hour},
		"KeepAlive is 1s":       {KeepAlive: time.Second},
		"Padding is Padding(9)": {Padding: 9},
		"MOTD has 101 lines":    {MOTD: strings.Repeat("x\n", 100)},
		"\"latin\"":             {Charset: "latin"},
	} {
		_, err := c.WithDefaults()
		require.ErrorContains(t, err, field)
	}
}

func TestParsePadding(t *testing.T) {
	for _, p := range []Padding{PaddingAuto, PaddingOn, PaddingOff} {
		got, err := ParsePadding(strings.ToUpper(p.String()))
		require.NoError(t, err)
		require.Equal(t, p, got)
	}
	_, err := ParsePadding("maybe")
	require.ErrorContains(t, err, "auto, on, off")
}

// What a Config has beside the settings of an administrator is for programs.
func TestEveryFieldOfConfigIsASettingOrForProgramsOnly(t *testing.T) {
	programs := []string{"Numbering", "Flood", "Random", "Logger"}
	var rows []string
	for _, s := range Settings() {
		value := reflect.ValueOf(s)
		rows = append(rows, value.FieldByName("Field").String())
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		if !slices.Contains(programs, field.Name) {
			require.Contains(t, rows, field.Name)
		}
	}
	require.Len(t, rows, reflect.TypeFor[Config]().NumField()-len(programs))
}

// A negative value is for no limit, and for no places that are kept.
func TestNegativeValuesOfConfigThatMeanNone(t *testing.T) {
	c, err := Config{MaxUsersPerAddress: -7, Comeback: -time.Hour}.WithDefaults()
	require.NoError(t, err)
	require.Equal(t, -7, c.MaxUsersPerAddress)
	require.Equal(t, -time.Hour, c.Comeback)
	require.Equal(t, []string{"Nestopia"}, c.SameDelayEmulators)
	c, err = Config{SameDelayEmulators: []string{}}.WithDefaults()
	require.NoError(t, err)
	require.Empty(t, c.SameDelayEmulators)
	for field, c := range map[string]Config{
		"ComebackWait is -1s":         {ComebackWait: -time.Second},
		"Comeback is 1ms":             {Comeback: time.Millisecond},
		"MaxUsersPerAddress is 10001": {MaxUsersPerAddress: 10_001},
	} {
		_, err := c.WithDefaults()
		require.ErrorContains(t, err, field)
	}
}
