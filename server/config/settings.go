package config

import (
	"fmt"
	"strings"
	"time"

	"kbridge/kclient/setting"
	"kbridge/kclient/text"
	"kbridge/server/limits"
	"kbridge/server/room"
)

// row is a setting of Config.
type row[V any] = setting.Row[Config, V]

// Settings are what an administrator may set in a Config, in the order in which they are told of: the flags of
// kaillera-server, the defaults and ranges of Config and the documentation come from here.
func Settings() []setting.Setting[Config] { return settings }

var settings = []setting.Setting[Config]{
	row[string]{
		Name: "name", Field: "Name", Value: "name",
		Kind: nameKind(), Default: "kbridge server",
		To:   func(c *Config) *string { return &c.Name },
		Help: "what the server is called in the welcome and in the log",
	},
	row[string]{
		Name: "motd", Field: "MOTD", Value: "text",
		Kind: motdKind(), Shown: "none",
		To:   func(c *Config) *string { return &c.MOTD },
		Help: `further lines of the welcome; \n begins a new one`,
	},
	row[int]{
		Name: "max-users", Field: "MaxUsers", Value: "users",
		Kind: setting.Int(1, limits.MaxMaxUsers), Default: limits.DefaultMaxUsers,
		To:   func(c *Config) *int { return &c.MaxUsers },
		Help: "how many users may be logged in at once",
	},
	row[int]{
		// A carrier puts thousands of customers behind one address and a school or a LAN party dozens, so this cannot
		// be small; two thirds of the default places stay for the others.
		Name: "max-users-per-address", Field: "MaxUsersPerAddress", Value: "users",
		Kind: negativeToo(setting.Int(-1, limits.MaxMaxUsers)), Default: 32,
		To: func(c *Config) *int { return &c.MaxUsersPerAddress },
		Help: "how many users of one IPv4 address or IPv6 /64 may be logged in at once; -1 is any number, 0 the" +
			" default. Addresses of local networks are not counted",
	},
	row[int]{
		// A user is in one room only, so more rooms than users are of no use.
		Name: "max-games", Field: "MaxGames", Value: "rooms",
		Kind: setting.Int(1, limits.MaxMaxUsers), Default: 100,
		To:   func(c *Config) *int { return &c.MaxGames },
		Help: "how many rooms may be open at once",
	},
	row[time.Duration]{
		// As EmuLinker is shipped.
		Name: "max-ping", Field: "MaxPing", Value: "ping",
		Kind: setting.Duration(time.Millisecond, limits.MaxMaxPing), Default: 250 * time.Millisecond,
		To:   func(c *Config) *time.Duration { return &c.MaxPing },
		Help: "the largest ping that may log in",
	},
	row[string]{
		Name: "charset", Field: "Charset", Value: "charset",
		Kind: charsetKind(), Default: text.Charset{}.Name(),
		To: func(c *Config) *string { return &c.Charset },
		Help: "the charset of the server's own words and of its log; players' names and chat are passed on byte" +
			" for byte, but for control characters. It must have all of -name and -motd",
	},
	row[Padding]{
		Name: "padding", Field: "Padding", Value: "word",
		Kind: paddings, Default: PaddingAuto,
		To: func(c *Config) *Padding { return &c.Padding },
		Help: "whether frames of zeros stand before the first input of slower connection types; auto is off: " +
			"rooms of mixed types have longer frame delays instead",
	},
	row[room.FrameDelay]{
		Name: "frame-delay", Field: "FrameDelay", Value: "word",
		Kind: frameDelays, Default: room.FrameDelayAuto,
		To: func(c *Config) *room.FrameDelay { return &c.FrameDelay },
		Help: "whose frame delay the players of a game have: own, each that of their own distance, and calls " +
			"are lined up; same, everybody the longest, for emulators that repeat the call until it is " +
			"positive; auto, own but for -same-delay-emulators. The owner of a room switches it with " +
			"/samedelay in the room's chat",
	},
	row[[]string]{
		// Nestopia 1.09 was seen to repeat a call until it returns a frame. (One build of 1964 does too, and others
		// of that name do not.)
		Name: "same-delay-emulators", Field: "SameDelayEmulators", Value: "names",
		Kind: setting.Names(limits.MaxSameDelayEmulators, limits.MaxEmulatorName), Default: []string{"Nestopia"},
		To: func(c *Config) *[]string { return &c.SameDelayEmulators },
		Help: "emulators whose rooms have the same delay with -frame-delay auto; a room counts if its " +
			"emulator's name begins with one of these",
	},
	row[time.Duration]{
		Name: "stall-time", Field: "Stall", Value: "time",
		Kind: setting.Duration(time.Second, time.Hour), Default: limits.DefaultStall,
		To: func(c *Config) *time.Duration { return &c.Stall },
		Help: "how long a player may hold up a game, at once or in waits above a second within three times that" +
			" time",
	},
	row[time.Duration]{
		// n02 itself waits so long.
		Name: "netsync-time", Field: "NetsyncStall", Value: "time",
		Kind: setting.Duration(time.Second, time.Hour), Default: 120 * time.Second,
		To:   func(c *Config) *time.Duration { return &c.NetsyncStall },
		Help: "how long a player may take to load a game",
	},
	row[time.Duration]{
		// An hour is also what fits into the ticket.
		Name: "comeback-time", Field: "Comeback", Value: "time",
		Kind: negativeToo(setting.Duration(time.Second, time.Hour)), Default: 60 * time.Second,
		To: func(c *Config) *time.Duration { return &c.Comeback },
		Help: "how long the place of a player who lost the connection in a game is kept; only our own clients " +
			"can come back, others are dropped after -stall-time, and so is who plays alone, for nobody waits" +
			" there",
	},
	row[time.Duration]{
		Name: "comeback-wait", Field: "ComebackWait", Value: "time",
		Kind: setting.Duration(time.Second, time.Hour), Default: limits.DefaultStall,
		To:   func(c *Config) *time.Duration { return &c.ComebackWait },
		Help: "how long the others wait for such a player before zeros stand for its input",
	},
	row[time.Duration]{
		// Clients send a keep-alive every 60 s (SupraClient every 20 s), so with EmuLinker's default three of them may
		// get lost.
		Name: "keep-alive", Field: "KeepAlive", Value: "time",
		Kind: setting.Duration(70*time.Second, 24*time.Hour), Default: 190 * time.Second,
		To:   func(c *Config) *time.Duration { return &c.KeepAlive },
		Help: "how long a user may be silent",
	},
}

// negativeToo takes every negative value in a Config too: for no limit, or for nothing at all.
func negativeToo[V int | time.Duration](kind setting.Kind[V]) setting.Kind[V] {
	wrong := kind.Wrong
	kind.Wrong = func(v V) string {
		if v < 0 {
			return ""
		}
		return wrong(v)
	}
	return kind
}

// nameKind takes any name in a Config, and cuts it; whoever types one is told that it is too long.
func nameKind() setting.Kind[string] {
	kind := setting.Text(fmt.Sprintf("a text of 1 to %d bytes", limits.MaxNameBytes), func(name string) bool {
		return strings.TrimSpace(name) != "" && len(name) <= limits.MaxNameBytes
	})
	kind.Wrong = nil
	return kind
}

// motdKind is typed in one line. In a Config only the lines are counted: long ones are cut.
func motdKind() setting.Kind[string] {
	lines := func(motd string) int { return strings.Count(motd, "\n") + 1 }
	return setting.Kind[string]{
		Takes: fmt.Sprintf("a text of at most %d bytes and %d lines", limits.MaxMOTD*limits.MaxMOTDLine,
			limits.MaxMOTD),
		Parse: func(text string) (string, bool) {
			motd := strings.ReplaceAll(text, `\n`, "\n")
			return motd, len(text) <= limits.MaxMOTD*limits.MaxMOTDLine && lines(motd) <= limits.MaxMOTD
		},
		Wrong: func(motd string) string {
			if n := lines(motd); n > limits.MaxMOTD {
				return fmt.Sprintf("has %d lines", n)
			}
			return ""
		},
	}
}

func charsetKind() setting.Kind[string] {
	return setting.Text("one of "+strings.Join(text.CharsetNames(), ", "), func(name string) bool {
		_, err := text.LookupCharset(name)
		return err == nil
	})
}

var (
	paddings    = setting.Words(setting.Named(PaddingAuto, PaddingOn, PaddingOff)...)
	frameDelays = setting.Words(setting.Named(room.FrameDelayAuto, room.FrameDelayOwn, room.FrameDelaySame)...)
)
