package udp

import (
	"encoding/binary"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// usual knows from which address the system itself would send to somebody. Where that is the address that was asked, as
// nearly always, a datagram needs no control message: that costs half a microsecond, most of what telling addresses
// apart costs. Whoever is sent a lot, and that is players, is looked up once a second; the routing may change.
type usual struct {
	begun time.Time
	// after begun, as of one of the last datagrams: a look at the clock costs as much as all the rest
	now       time.Duration
	writes    uint
	four, six int // sockets that are connected for a moment and send nothing
	known     [usualSize]choice
	to4       unix.RawSockaddrInet4
	to6       unix.RawSockaddrInet6
	none      unix.RawSockaddr // AF_UNSPEC: not connected any more
	size      uint32
}

// choice is what is known of one receiver.
type choice struct {
	to, from netip.Addr
	until    time.Duration // after begun
	sent     uint16        // since then
	same     bool          // from is what the system would choose
}

const (
	usualSize  = 1024 // receivers; two that share a place have control messages
	usualFor   = time.Second
	usualClock = 8  // datagrams to anybody
	usualAfter = 16 // datagrams: looking up costs as much as so many control messages
)

func newUsual() *usual {
	return &usual{begun: time.Now(), four: askSocket(unix.AF_INET), six: askSocket(unix.AF_INET6)}
}

// askSocket is a socket that sends nothing; -1 where there is none.
func askSocket(family int) int {
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1
	}
	return fd
}

func (u *usual) close() {
	for _, fd := range []*int{&u.four, &u.six} {
		if *fd >= 0 {
			_ = unix.Close(*fd)
			*fd = -1
		}
	}
}

// sends reports whether the system by itself would send from this address. Both are without an IPv4 address in IPv6
// form.
func (u *usual) sends(from, to netip.Addr) bool {
	if from.IsLinkLocalUnicast() || to.IsLinkLocalUnicast() {
		return false
	}
	b := to.As16()
	h := binary.LittleEndian.Uint64(b[:]) ^ binary.LittleEndian.Uint64(b[8:])*0x9E3779B97F4A7C15
	c := &u.known[(h>>54)%usualSize]
	if c.to != to || c.from != from {
		*c = choice{to: to, from: from}
	}
	if u.writes++; u.writes%usualClock == 0 {
		u.now = time.Since(u.begun)
	}
	if u.now < c.until {
		return c.same
	}
	if c.sent++; c.sent >= usualAfter {
		u.now = time.Since(u.begun)
		c.same, c.until, c.sent = u.ask(to) == from, u.now+usualFor, 0
	}
	return false
}

// ask is the address that the system would send from.
func (u *usual) ask(to netip.Addr) (from netip.Addr) {
	fd, name, length := u.six, unsafe.Pointer(&u.to6), unsafe.Sizeof(u.to6)
	if to.Is4() {
		fd, name, length = u.four, unsafe.Pointer(&u.to4), unsafe.Sizeof(u.to4)
		u.to4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: 9, Addr: to.As4()} // any port: nothing is sent
	} else {
		u.to6 = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: 9, Addr: to.As16()}
	}
	if fd < 0 {
		return netip.Addr{}
	}
	if _, _, e := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(name), length); e != 0 {
		return netip.Addr{}
	}
	u.size = uint32(length)
	_, _, e := unix.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(name), uintptr(unsafe.Pointer(&u.size)))
	u.none.Family = unix.AF_UNSPEC
	_, _, _ = unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&u.none)), unsafe.Sizeof(u.none))
	switch {
	case e != 0:
		return netip.Addr{}
	case to.Is4():
		return netip.AddrFrom4(u.to4.Addr)
	}
	return netip.AddrFrom16(u.to6.Addr)
}
