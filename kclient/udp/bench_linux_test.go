package udp_test

import (
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/udp"
)

// BenchmarkAnswers compares, in turns within one run, what one datagram in and one out cost in CPU time on a socket of
// all addresses that tells them apart with the same on one that does not. The metric "ratio" is the median of the
// turns' ratios, "low" and "high" are their quartiles.
func BenchmarkAnswers(b *testing.B) {
	const each = 2000 // datagrams of a turn
	open := func(listen func(string, *net.UDPAddr) (udp.Conn, error)) (udp.Conn, netip.AddrPort) {
		c, err := listen("udp", nil)
		require.NoError(b, err)
		b.Cleanup(func() { c.Close() })
		return c, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}),
			c.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	}
	plain, atPlain := open(udp.Listen)
	c, atApart := open(udp.ListenServer)
	apart := c.(udp.ServerConn)
	client, err := udp.Listen("udp4", &net.UDPAddr{IP: loopback4})
	require.NoError(b, err)
	defer client.Close()
	buf := make([]byte, 2048)
	turn := func(at netip.AddrPort, answer func() error) time.Duration {
		used := cpu()
		for range each {
			if _, err := client.WriteToUDPAddrPort(buf[:60], at); err != nil {
				b.Fatal(err)
			}
			if err := answer(); err != nil {
				b.Fatal(err)
			}
			if _, _, err := client.ReadFromUDPAddrPort(buf); err != nil {
				b.Fatal(err)
			}
		}
		return cpu() - used
	}
	onPlain := func() error {
		_, from, err := plain.ReadFromUDPAddrPort(buf)
		if err == nil {
			_, err = plain.WriteToUDPAddrPort(buf[:60], from)
		}
		return err
	}
	onApart := func() error {
		_, from, local, err := apart.ReadFromTo(buf)
		if err == nil {
			_, err = apart.WriteFromTo(buf[:60], local, from)
		}
		return err
	}
	var ratios, differences []float64
	for b.Loop() {
		p := turn(atPlain, onPlain)
		a := turn(atApart, onApart)
		ratios = append(ratios, float64(a)/float64(p))
		differences = append(differences, float64(a-p)/each)
	}
	slices.Sort(ratios)
	slices.Sort(differences)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(ratios[len(ratios)/4], "low")
	b.ReportMetric(ratios[len(ratios)*3/4], "high")
	b.ReportMetric(differences[len(differences)/2], "ns-more/answer")
}

// cpu is what this process has used, in both modes.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
