package network

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestADatagramArrivesAfterItsDelay(t *testing.T) {
	virtual(t, 1, Profile{Delay: 30 * time.Millisecond}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		sent := time.Now()
		send(t, a, b.AddrPort(), "one")
		time.Sleep(10 * time.Millisecond)
		send(t, a, b.AddrPort(), "two")

		text, from := receive(t, b)
		require.Equal(t, "one", text)
		require.Equal(t, a.AddrPort(), from)
		require.Equal(t, 30*time.Millisecond, time.Since(sent))
		text, _ = receive(t, b)
		require.Equal(t, "two", text)
		require.Equal(t, 40*time.Millisecond, time.Since(sent))
	})
}

func TestAWaitingReaderLearnsOfAnEarlierArrival(t *testing.T) {
	virtual(t, 1, Profile{Delay: 500 * time.Millisecond}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		start := time.Now()
		go func() {
			send(t, a, b.AddrPort(), "slow")
			time.Sleep(time.Millisecond) // the reader sleeps until 500 ms now
			n.SetProfile(Profile{Delay: 10 * time.Millisecond})
			send(t, a, b.AddrPort(), "fast")
		}()
		text, _ := receive(t, b)
		require.Equal(t, "fast", text)
		require.Equal(t, 11*time.Millisecond, time.Since(start))
		text, _ = receive(t, b)
		require.Equal(t, "slow", text)
	})
}

func TestReadDeadline(t *testing.T) {
	virtual(t, 1, Profile{Delay: 30 * time.Millisecond}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		read := func() (int, error) {
			m, _, err := b.ReadFromUDPAddrPort(make([]byte, 10))
			return m, err
		}
		start := time.Now()
		require.NoError(t, b.SetReadDeadline(start.Add(20*time.Millisecond)))
		send(t, a, b.AddrPort(), "x")
		_, err := read()
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout())
		require.Equal(t, 20*time.Millisecond, time.Since(start))

		// The deadline stays past until it is set anew, whatever has arrived.
		time.Sleep(20 * time.Millisecond)
		require.EqualValues(t, 1, n.Stats().Delivered)
		_, err = read()
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.NoError(t, b.SetReadDeadline(time.Time{}))
		m, err := read()
		require.NoError(t, err)
		require.Equal(t, 1, m)
	})
}

func TestADeadlineReachesAReaderThatWaits(t *testing.T) {
	virtual(t, 1, Profile{}, func(t *testing.T, n *Network) {
		b := listen(t, n, "")
		start := time.Now()
		require.NoError(t, b.SetReadDeadline(start.Add(time.Second)))
		done := make(chan error)
		go func() {
			_, _, err := b.ReadFromUDPAddrPort(nil)
			done <- err
		}()
		synctest.Wait()
		require.NoError(t, b.SetReadDeadline(start.Add(time.Hour))) // later than the one it waits for
		time.Sleep(time.Minute)
		require.NoError(t, b.SetReadDeadline(start.Add(2*time.Minute))) // earlier
		require.ErrorIs(t, <-done, os.ErrDeadlineExceeded)
		require.Equal(t, 2*time.Minute, time.Since(start))
	})
}

func TestCloseEndsEveryRead(t *testing.T) {
	virtual(t, 1, Profile{}, func(t *testing.T, n *Network) {
		c := listen(t, n, "")
		done := make(chan error, 3)
		for range cap(done) {
			go func() {
				_, _, err := c.ReadFromUDPAddrPort(make([]byte, 1))
				done <- err
			}()
		}
		synctest.Wait()
		require.NoError(t, c.Close())
		for range cap(done) {
			require.ErrorIs(t, <-done, net.ErrClosed)
		}
	})
}

func TestNothingIsReceivedTwiceByTwoReaders(t *testing.T) {
	virtual(t, 1, Profile{Delay: time.Millisecond}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		got := make(chan string, 100)
		for range 3 {
			go func() {
				for {
					buf := make([]byte, 10)
					m, _, err := b.ReadFromUDPAddrPort(buf)
					if err != nil {
						return
					}
					got <- string(buf[:m])
				}
			}()
		}
		want := map[string]bool{}
		for i := range 50 {
			text := string(rune('a' + i))
			want[text] = true
			send(t, a, b.AddrPort(), text)
			time.Sleep(time.Duration(i%3) * time.Millisecond)
		}
		time.Sleep(time.Second)
		require.Len(t, got, 50)
		for range 50 {
			delete(want, <-got)
		}
		require.Empty(t, want)
	})
}

func TestAFullReceiveQueueDrops(t *testing.T) {
	virtual(t, 1, Profile{Delay: time.Millisecond}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		require.NoError(t, b.SetReadBuffer(3*(10+datagramOverhead)))
		for i := range 5 {
			send(t, a, b.AddrPort(), "datagram "+string(rune('0'+i)))
		}
		time.Sleep(time.Second)
		s := balanced(t, n)
		require.EqualValues(t, 3, s.Delivered)
		require.EqualValues(t, 2, s.Overflowed)
		// The first are kept, and what is read makes room.
		for i := range 3 {
			text, _ := receive(t, b)
			require.Equal(t, "datagram "+string(rune('0'+i)), text)
		}
		send(t, a, b.AddrPort(), "again")
		text, _ := receive(t, b)
		require.Equal(t, "again", text)
	})
}

func TestTheDefaultReceiveQueueIsASocketBuffer(t *testing.T) {
	virtual(t, 1, Profile{}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		for range 1000 {
			send(t, a, b.AddrPort(), "0123456789")
		}
		time.Sleep(time.Second)
		require.EqualValues(t, DefaultReadBuffer/(10+datagramOverhead), balanced(t, n).Delivered)
	})
}

func TestTheQueueIsCountedAtEachArrival(t *testing.T) {
	virtual(t, 1, Profile{Delay: 50 * time.Millisecond}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		require.NoError(t, b.SetReadBuffer(1+datagramOverhead)) // room for one
		for i := range 3 {
			send(t, a, b.AddrPort(), string(rune('0'+i)))
			time.Sleep(20 * time.Millisecond)
		}
		// 0 came at 50 and waits; 1 comes at 70, after the read, so it is kept; 2 is not.
		text, _ := receive(t, b)
		require.Equal(t, "0", text)
		time.Sleep(time.Second)
		text, _ = receive(t, b)
		require.Equal(t, "1", text)
		require.EqualValues(t, 1, balanced(t, n).Overflowed)
	})
}

func TestWhatIsUnderWayIsBounded(t *testing.T) {
	virtual(t, 1, Profile{Delay: time.Hour}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		for range MaxInFlight + 10 {
			send(t, a, b.AddrPort(), "x")
		}
		s := balanced(t, n)
		require.EqualValues(t, MaxInFlight, s.InFlight)
		require.EqualValues(t, 10, s.Overflowed)

		// What has arrived is not under way any more, even if nobody has read or asked.
		require.NoError(t, b.SetReadBuffer(1<<30))
		time.Sleep(time.Hour)
		send(t, a, b.AddrPort(), "x")
		require.EqualValues(t, 10, balanced(t, n).Overflowed)
	})
}

func TestLargeDatagrams(t *testing.T) {
	virtual(t, 1, Profile{}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		for _, size := range []int{bufferSize, bufferSize + 1, maxDatagram} {
			payload := make([]byte, size)
			payload[size-1] = 7
			_, err := a.WriteToUDPAddrPort(payload, b.AddrPort())
			require.NoError(t, err)
			got := make([]byte, maxDatagram+1)
			m, _, err := b.ReadFromUDPAddrPort(got)
			require.NoError(t, err)
			require.Equal(t, payload, got[:m])
		}
		for d := n.pool.free; d != nil; d = d.next {
			require.Equal(t, bufferSize, cap(d.data), "a large buffer is not kept")
		}
	})
}

// The network keeps no reference to the sender's buffer.
func TestTheSenderMayReuseItsBuffer(t *testing.T) {
	virtual(t, 1, Profile{Delay: time.Millisecond}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		buf := []byte("first")
		_, err := a.WriteToUDPAddrPort(buf, b.AddrPort())
		require.NoError(t, err)
		copy(buf, "again")
		text, _ := receive(t, b)
		require.Equal(t, "first", text)
	})
}

// udpConn is what kclient and server ask of a socket.
type udpConn interface {
	ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort([]byte, netip.AddrPort) (int, error)
	SetReadDeadline(time.Time) error
	LocalAddr() net.Addr
	Close() error
}

// The same script runs over the operating system's loopback and over a network in memory, and must
// see the same lengths, sources and errors.
func TestConnBehavesLikeUDPConn(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the network follows Linux; other systems cut and refuse datagrams differently")
	}
	type step struct {
		Step string
		N    int
		Text string
		From bool // the source was the sender's address
		Err  string
	}
	script := func(t *testing.T, a, b udpConn) (steps []step) {
		at := func(c udpConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }
		name := func(err error) string {
			var op *net.OpError
			switch {
			case err == nil:
				return ""
			case !errors.As(err, &op):
				return "not a *net.OpError: " + err.Error()
			case errors.Is(err, net.ErrClosed):
				return op.Op + ": closed"
			case errors.Is(err, os.ErrDeadlineExceeded):
				return op.Op + ": deadline"
			}
			var sys *os.SyscallError
			if errors.As(err, &sys) {
				return op.Op + ": " + sys.Err.Error()
			}
			return op.Op + ": " + op.Err.Error()
		}
		write := func(what string, c udpConn, size int, to netip.AddrPort) {
			payload := make([]byte, size)
			for i := range payload {
				payload[i] = byte('a' + i%26)
			}
			n, err := c.WriteToUDPAddrPort(payload, to)
			steps = append(steps, step{Step: what, N: n, Err: name(err)})
		}
		read := func(what string, size int) {
			buf := make([]byte, size)
			n, from, err := b.ReadFromUDPAddrPort(buf)
			steps = append(steps, step{what, n, string(buf[:min(n, 30)]), err == nil && from == at(a), name(err)})
		}
		deadline := func(what string, c udpConn, when time.Time) {
			steps = append(steps, step{Step: what, Err: name(c.SetReadDeadline(when))})
		}

		deadline("set", b, time.Now().Add(10*time.Second))
		write("write 20", a, 20, at(b))
		read("read it", 100)
		write("write 20", a, 20, at(b))
		write("write 3", a, 3, at(b))
		read("read the first 5 of it", 5)
		read("the rest is gone", 100)
		write("write nothing", a, 0, at(b))
		read("read nothing", 100)
		write("write 20", a, 20, at(b))
		read("read into nothing", 0)
		write("to an IPv4-mapped address", a, 4, netip.AddrPortFrom(netip.AddrFrom16(at(b).Addr().As16()),
			at(b).Port()))
		read("read it", 100)
		write("largest", a, 65507, at(b))
		read("read it", 70000)
		write("too large", a, 65508, at(b))
		write("to no address", a, 1, netip.AddrPort{})
		write("to port 0", a, 1, netip.AddrPortFrom(at(b).Addr(), 0))
		deadline("in the past", b, time.Now().Add(-time.Second))
		read("past the deadline", 100)
		read("still past", 100)
		write("write", a, 5, at(b))
		deadline("in a little while", b, time.Now().Add(50*time.Millisecond))
		read("read before the deadline", 100)
		read("until the deadline", 100)
		deadline("none", b, time.Time{})
		write("write", a, 5, at(b))
		read("read", 100)
		steps = append(steps, step{Step: "close", Err: name(b.Close())}, step{Step: "close again",
			Err: name(b.Close())})
		read("read closed", 100)
		write("write closed", b, 1, at(a))
		deadline("set closed", b, time.Now())
		write("write to closed", a, 1, at(b))
		return steps
	}

	udp := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		return c
	}
	want := script(t, udp(), udp())
	n := New(1, Profile{})
	got := script(t, listen(t, n, ""), listen(t, n, ""))
	require.Equal(t, want, got)
}
