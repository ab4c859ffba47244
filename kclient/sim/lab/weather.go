package lab

import (
	"net/netip"
	"time"

	"kbridge/kclient/sim/network"
)

// Weather is the network of a game: every player has a line of its own to the
// server, with the same profile and other luck.
type Weather struct {
	Name string
	// Line is what each direction does, independently of the other.
	Line network.Profile
	// Blackout is what both directions of a line suffer at once.
	Blackout network.Burst
	// Moves is how often, on average, a player's address changes: for MoveGap
	// nothing passes, what is under way to the old address is lost, and the server
	// learns the new one from the next datagram. 0 is never.
	Moves, MoveGap time.Duration
	// Further is how much longer, one way, each player's line is than that of the player before it.
	Further time.Duration
}

// Weathers are those of the campaign. The network says where the numbers of the
// named lines come from.
func Weathers() []Weather {
	bursts := network.Burst{Every: 30 * time.Second, Length: 2 * time.Second, Loss: 1, Fixed: true}
	mixed := network.Loss(0.01)
	mixed.Duplicate, mixed.Reorder = 0.05, 0.05
	return []Weather{
		{Name: "LAN", Line: network.LAN()},
		{Name: "cable", Line: network.Cable()},
		{Name: "Wi-Fi", Line: network.WiFi()},
		{Name: "mobile", Line: network.Mobile()},
		{Name: "satellite", Line: network.Satellite()},
		{Name: "loss1", Line: network.Loss(0.01)},
		{Name: "loss5", Line: network.Loss(0.05)},
		{Name: "loss10", Line: network.Loss(0.10)},
		{Name: "loss20", Line: network.Loss(0.20)},
		{Name: "loss30", Line: network.Loss(0.30)},
		{Name: "blackout", Line: network.Cable(), Blackout: bursts},
		{Name: "rebinding", Line: network.Cable(), Moves: 30 * time.Second, MoveGap: 300 * time.Millisecond},
		{Name: "dup+reorder", Line: mixed},
		{Name: "unequal", Line: network.Cable(), Further: 40 * time.Millisecond},
		{Name: "unequal5", Line: network.Loss(0.05), Further: 40 * time.Millisecond},
	}
}

// LineOf is what each direction of the line of a player does, counted from 0.
func (w Weather) LineOf(player int) network.Profile {
	line := w.Line
	line.Delay += time.Duration(player) * w.Further
	return line
}

// Ping is the round trip that a server measures on a player's line at the login: the mean
// of what is not lost.
func (w Weather) Ping(player int) time.Duration {
	line := w.LineOf(player)
	return 2*line.Delay + line.Jitter
}

// line is one player's way to the server and back.
type line struct {
	up, down, outage network.Path
	hasOutage        bool
	address          uint16
	gapUntil         time.Duration
}

func newLine(w Weather, seed uint64, player int) line {
	server := netip.AddrFrom4([4]byte{10, 0, 0, 1})
	client := netip.AddrFrom4([4]byte{10, 0, 1, byte(player)})
	outage := network.Profile{Burst: w.Blackout}
	return line{
		up:        network.NewPath(seed, client, server, w.LineOf(player)),
		down:      network.NewPath(seed, server, client, w.LineOf(player)),
		outage:    network.NewPath(seed+1, client, server, outage),
		hasOutage: w.Blackout.Every > 0,
	}
}

// fate is what becomes of a datagram sent now.
func (l *line) fate(now time.Duration, up bool, datagram []byte) network.Fate {
	if now < l.gapUntil || l.hasOutage && l.outage.Lost(now) {
		return network.Fate{Lost: true}
	}
	content := uint64(len(datagram))<<24 | uint64(datagram[0])<<16 | uint64(datagram[1])<<8 | uint64(datagram[2])
	if up {
		return l.up.Fate(now, content)
	}
	return l.down.Fate(now, content)
}
