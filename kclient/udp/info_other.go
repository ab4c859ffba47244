//go:build !linux && !darwin && !windows

package udp

import (
	"errors"
	"net/netip"
)

// Where datagrams are sent to is not asked on other systems: what a server answers leaves from where the routing says.

func notHere(error) bool { return false }

func askForInfo(uintptr, bool) error { return errors.ErrUnsupported }

func localOf([]byte) (netip.Addr, uint32) { return netip.Addr{}, 0 }

type infoMessage struct{}

func (m *infoMessage) init4()                 {}
func (m *infoMessage) init6()                 {}
func (m *infoMessage) from(netip.Addr) []byte { return nil }
