// Package config is what a server is like, and what may be set: the flags of kaillera-server and the documentation come
// from the table of settings.
package config

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"kbridge/kclient/framecache"
	"kbridge/kclient/text"
	"kbridge/server/clean"
	"kbridge/server/limits"
	"kbridge/server/room"
)

// Padding says when the server fills the queues of slower connection types with
// frames of zeros at the start of a game, so that nobody waits for the slowest
// player's first batch. The padded players' own input comes back so many frames later.
type Padding uint8

const (
	// PaddingAuto does what measures better, which is not to pad: rooms of mixed connection types get longer frame
	// delays instead (lockstep.FrameDelays), which stall as seldom for no more lag, and the players are told of them.
	PaddingAuto Padding = iota
	// PaddingOn pads always, which in rooms of one type changes nothing.
	PaddingOn
	// PaddingOff never pads.
	PaddingOff
)

// String is the word that ParsePadding takes.
func (p Padding) String() string {
	switch p {
	case PaddingAuto:
		return "auto"
	case PaddingOn:
		return "on"
	case PaddingOff:
		return "off"
	}
	return fmt.Sprintf("Padding(%d)", uint8(p))
}

// ParsePadding reads "auto", "on" or "off".
func ParsePadding(s string) (Padding, error) {
	if p, ok := paddings.Parse(s); ok {
		return p, nil
	}
	return 0, fmt.Errorf("padding %q is not one of auto, on, off", s)
}

// Config says what a server is like. The zero value is a usable server: 0 stands for the default. Settings has the
// defaults, and what each field takes.
type Config struct {
	Name string // said in the welcome and in the log; UTF-8
	MOTD string // lines of the welcome, UTF-8; at most 32

	MaxUsers int // logged in at once
	// MaxUsersPerAddress is how many of them may be of one IPv4 address or one IPv6 /64; negative is any number.
	// Loopback, private and link-local addresses are not counted.
	MaxUsersPerAddress int
	MaxGames           int           // rooms at once
	MaxPing            time.Duration // the largest that may log in

	Charset    string // of every text on the wire
	Padding    Padding
	FrameDelay room.FrameDelay // an owner's /samedelay overrides it in the room
	// SameDelayEmulators are the beginnings of the names, UTF-8, case ignored, of emulators that repeat a call until it
	// returns a frame: FrameDelayAuto is FrameDelaySame in their rooms. nil is the default; empty is none.
	SameDelayEmulators []string
	Numbering          framecache.Numbering // of the caches; framecache.Window is what deployed clients speak

	Stall        time.Duration // how long a player may hold up a game
	NetsyncStall time.Duration // how long a player may take to load
	KeepAlive    time.Duration // how long a user may be silent

	// Comeback is how long the place of a player who has lost the connection in a
	// game is kept, and ComebackWait how long the others wait for it before zeros
	// stand for its input. A negative Comeback keeps no places. Only our own clients
	// can come back; others are dropped after Stall.
	Comeback, ComebackWait time.Duration

	Flood limits.Flood // zero rates are the defaults

	// Random is where nonces and tickets come from; nil is crypto/rand, and
	// anything else is for tests only: a run that is to be replayed needs the same
	// bytes again.
	Random io.Reader

	// Logger is written to from a bounded queue, so that a handler that is slow, or stands still, slows nobody; what
	// does not fit is dropped and counted. What anybody can cause is limited. nil logs nothing.
	Logger *slog.Logger
}

// WithDefaults fills the zero fields in and reports every value that the server
// cannot work with.
func (c Config) WithDefaults() (Config, error) {
	for _, row := range settings {
		row.Fill(&c)
	}
	setDefault(&c.Flood.Chat, limits.DefaultFlood.Chat)
	setDefault(&c.Flood.GameChat, limits.DefaultFlood.GameChat)
	setDefault(&c.Flood.Create, limits.DefaultFlood.Create)
	setDefault(&c.Flood.Join, limits.DefaultFlood.Join)
	setDefault(&c.Flood.Start, limits.DefaultFlood.Start)
	setDefault(&c.Flood.Login, limits.DefaultFlood.Login)
	setDefault(&c.Flood.Message, limits.DefaultFlood.Message)
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	var errs []error
	for _, row := range settings {
		if err := row.Check(&c); err != nil {
			errs = append(errs, fmt.Errorf("server: %w", err))
		}
	}
	if charset, err := text.LookupCharset(c.Charset); err == nil {
		errs = append(errs, clean.Sayable(charset, "Name", c.Name), clean.Sayable(charset, "MOTD", c.MOTD))
	}
	return c, errors.Join(errs...)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Hundreds is how many hundreds of users there may be, begun ones included: what limits give for each hundred is for
// those.
func (c Config) Hundreds() int {
	return max((c.MaxUsers+limits.DefaultMaxUsers-1)/limits.DefaultMaxUsers, 1)
}
