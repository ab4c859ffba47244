//go:build !linux

package udp

import "net/netip"

// usual is of use on Linux.
type usual struct{}

func newUsual() *usual { return &usual{} }

func (u *usual) close() {}

func (u *usual) sends(from, to netip.Addr) bool { return false }
