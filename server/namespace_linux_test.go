package server_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// namespaceEnv is set in a process that has a network of its own.
const namespaceEnv = "KBRIDGE_TEST_NAMESPACE"

// inNamespace reports whether the test runs in a network of its own, where nobody else is and all addresses are its own
// to choose. If not, it has run the test there, in a process of its own, and the caller is done.
func inNamespace(t *testing.T, addresses ...string) bool {
	t.Helper()
	if os.Getenv(namespaceEnv) != "" {
		for i, a := range addresses {
			require.NoError(t, addAddress(i, netip.MustParsePrefix(a)), a)
		}
		for _, a := range addresses { // IPv6 looks first whether somebody else has it
			ip := netip.MustParsePrefix(a).Addr()
			if ip.IsLinkLocalUnicast() {
				ip = ip.WithZone("lo")
			}
			require.Eventually(t, func() bool {
				c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
				if err == nil {
					c.Close()
				}
				return err == nil
			}, 10*time.Second, 10*time.Millisecond, a)
		}
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), namespaceEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if id := os.Getuid(); id != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: id, Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if _, ran := err.(*exec.ExitError); err != nil && !ran {
		t.Skipf("a network of its own (CLONE_NEWNET) is not allowed here, as it is for root: %v", err)
	}
	require.NoError(t, err, "in a network of its own:\n%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name(), "it did not run there:\n%s", out)
	return false
}

// setAddress gives an interface, or a second name of one, this IPv4 address in place of its other one of that name.
func setAddress(name string, a netip.Addr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	ip := a.As4()
	if err := request.SetInet4Addr(ip[:]); err != nil {
		return err
	}
	return unix.IoctlIfreq(fd, unix.SIOCSIFADDR, request)
}

// addAddress gives the loopback interface one more address, the n-th.
func addAddress(n int, p netip.Prefix) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("lo up: %w", err)
	}
	if p.Addr().Is4() {
		return setAddress(fmt.Sprintf("lo:%d", n+1), p.Addr())
	}
	six, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(six)
	link, err := net.InterfaceByName("lo")
	if err != nil {
		return err
	}
	request := struct { // struct in6_ifreq of linux/ipv6.h
		addr   [16]byte
		prefix uint32
		index  int32
	}{p.Addr().As16(), uint32(p.Bits()), int32(link.Index)}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(six), unix.SIOCSIFADDR,
		uintptr(unsafe.Pointer(&request))); errno != 0 {
		return errno
	}
	return nil
}
