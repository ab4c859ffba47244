package server

import (
	"kbridge/kclient/setting"
	"kbridge/server/config"
	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/room"
)

// Config says what a server is like. The zero value is a usable server. See package config.
type Config = config.Config

// Settings are what an administrator may set in a Config, in the order in which they are told of: the flags of
// kaillera-server, the defaults and ranges of Config and the documentation come from here.
func Settings() []setting.Setting[Config] { return config.Settings() }

// Rate is how often something may happen: Burst times at once, and once more
// for each Every that passes. The zero Rate stands for the default; a negative
// Burst for no limit.
type Rate = rate.Rate

// Flood holds the limits on what one user may do.
type Flood = limits.Flood

// Padding says when the server fills the queues of slower connection types with frames of zeros; see package config.
type Padding = config.Padding

// When queues are padded.
const (
	PaddingAuto = config.PaddingAuto
	PaddingOn   = config.PaddingOn
	PaddingOff  = config.PaddingOff
)

// ParsePadding reads "auto", "on" or "off".
func ParsePadding(s string) (Padding, error) { return config.ParsePadding(s) }

// FrameDelay says which frame delay the players of a game get; see package room.
type FrameDelay = room.FrameDelay

// Which frame delay players get.
const (
	FrameDelayAuto = room.FrameDelayAuto
	FrameDelayOwn  = room.FrameDelayOwn
	FrameDelaySame = room.FrameDelaySame
)

// ParseFrameDelay reads "auto", "own" or "same".
func ParseFrameDelay(s string) (FrameDelay, error) { return room.ParseFrameDelay(s) }
