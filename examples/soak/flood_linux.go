package main

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"syscall"

	"kbridge/kclient/wire"
)

// floodRate is how many logins with a guessed 06 come in a second, each from another address: what leaves two cores,
// which the players and the other attackers use too, time for sixty frames. Ten thousand are tested in package server.
const floodRate = 2000

// loginFlood sends logins with a 06 behind them from addresses all over 127.0.0.0/8. One socket does: the system lets
// it name any address of its own as the source of a datagram.
func (a *attack) loginFlood(ctx context.Context, rng *rand.Rand) {
	c, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return
	}
	defer c.Close()
	a.paced(ctx, floodRate, func() bool {
		d := wire.AppendBundleHeader(nil, 2)
		d = wire.AppendMessage(d, 1, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil))
		d = wire.AppendMessage(d, 0, wire.TypeLogin, wire.LoginRequest{User: randomName(rng), Emulator: "soak",
			Connection: wire.LAN}.AppendTo(nil))
		source := [4]byte{127, byte(1 + rng.IntN(190)), byte(rng.IntN(256)), byte(1 + rng.IntN(254))}
		if _, _, err := c.WriteMsgUDPAddrPort(d, sourceControl(source), a.addr); err == nil {
			a.sent.Add(1)
		}
		return true
	})
}

// sourceControl is the control message that names a datagram's source (ip(7), IP_PKTINFO).
func sourceControl(source [4]byte) []byte {
	b := make([]byte, syscall.CmsgSpace(syscall.SizeofInet4Pktinfo))
	data := syscall.CmsgLen(0)
	if data == 16 { // the length is as wide as a pointer
		binary.NativeEndian.PutUint64(b, uint64(syscall.CmsgLen(syscall.SizeofInet4Pktinfo)))
	} else {
		binary.NativeEndian.PutUint32(b, uint32(syscall.CmsgLen(syscall.SizeofInet4Pktinfo)))
	}
	binary.NativeEndian.PutUint32(b[data-8:], syscall.IPPROTO_IP)
	binary.NativeEndian.PutUint32(b[data-4:], syscall.IP_PKTINFO)
	copy(b[data+4:], source[:]) // ipi_spec_dst, behind the interface
	return b
}
