package network

import (
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	hostA = netip.MustParseAddr("192.0.2.1")
	hostB = netip.MustParseAddr("192.0.2.2")
)

// pattern writes one character per millisecond: # lost, . not.
func pattern(p Path, n int) string {
	var s strings.Builder
	for ms := range n {
		if p.Lost(time.Duration(ms) * time.Millisecond) {
			s.WriteByte('#')
		} else {
			s.WriteByte('.')
		}
	}
	return s.String()
}

// What seed 1 did when this was first written; nothing outside defines it.
const goldenLoss = ".........#.#........#..#.#....#......###.#..#.#.#...#.......##....#.##.##.##....." +
	".....#..........####.........#.....#.....#.....#......##...........###.#......#"

var goldenFate = Fate{Delay: 37123965, Late: true, Copied: true, CopyDelay: 41282170}

// A seed that somebody wrote down must mean the same network tomorrow and on another machine.
func TestASeedKeepsItsMeaning(t *testing.T) {
	p := NewPath(1, hostA, hostB, Profile{Delay: 10 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.2,
		Burst: Burst{Every: 40 * time.Millisecond, Length: 6 * time.Millisecond, Loss: 1}, Duplicate: 0.5,
		Reorder: 0.5})
	require.Equal(t, goldenLoss, pattern(p, len(goldenLoss)))
	require.Equal(t, goldenFate, p.Fate(time.Millisecond, 7))
}

func TestLossDependsOnTheMillisecondOnly(t *testing.T) {
	p := NewPath(3, hostA, hostB, Profile{Loss: 0.5, Reorder: 0.5, Duplicate: 0.5})
	for ms := range 1000 {
		at := time.Duration(ms) * time.Millisecond
		want := p.Fate(at, 0).Lost
		require.Equal(t, want, p.Lost(at))
		for content := range uint64(4) {
			require.Equal(t, want, p.Fate(at+999*time.Microsecond, content).Lost, "millisecond %d", ms)
		}
	}
}

func TestJitterDependsOnTheMillisecondOnly(t *testing.T) {
	p := NewPath(3, hostA, hostB, Profile{Delay: time.Second, Jitter: time.Second})
	for ms := range 1000 {
		at := time.Duration(ms) * time.Millisecond
		require.Equal(t, p.Fate(at, 1), p.Fate(at+999*time.Microsecond, 2))
	}
}

func TestSeedsAndDirectionsAreIndependent(t *testing.T) {
	half := Profile{Loss: 0.5}
	base := pattern(NewPath(3, hostA, hostB, half), 1000)
	for name, other := range map[string]Path{
		"other seed":   NewPath(4, hostA, hostB, half),
		"the way back": NewPath(3, hostB, hostA, half),
		"other host":   NewPath(3, hostA, netip.MustParseAddr("192.0.2.3"), half),
	} {
		same := 0
		for i, c := range pattern(other, 1000) {
			if byte(c) == base[i] {
				same++
			}
		}
		require.InDelta(t, 500, same, 80, name)
	}
}

func TestLossRate(t *testing.T) {
	const n = 200_000
	for _, loss := range []float64{0, 0.01, 0.05, 0.3, 0.99, 1} {
		got := float64(strings.Count(pattern(NewPath(5, hostA, hostB, Profile{Loss: loss}), n), "#")) / n
		require.InDelta(t, loss, got, 5*math.Sqrt(loss*(1-loss)/n), "loss %v", loss)
	}
}

// Comparing strategies at 5 and at 10 % means comparing them on the same network, only worse.
func TestMoreLossKeepsWhatWasLost(t *testing.T) {
	little := pattern(NewPath(6, hostA, hostB, Profile{Loss: 0.05}), 20_000)
	much := pattern(NewPath(6, hostA, hostB, Profile{Loss: 0.1}), 20_000)
	require.Greater(t, strings.Count(much, "#"), strings.Count(little, "#"))
	for ms := range little {
		require.False(t, little[ms] == '#' && much[ms] == '.', "millisecond %d", ms)
	}
}

// runs returns the lengths of the lost stretches, in milliseconds.
func runs(pattern string) (lengths []int) {
	for _, run := range strings.FieldsFunc(pattern, func(r rune) bool { return r == '.' }) {
		lengths = append(lengths, len(run))
	}
	return lengths
}

func TestFixedBurstsAreBlackouts(t *testing.T) {
	const periods = 100
	p := NewPath(7, hostA, hostB, Profile{Burst: Burst{Every: 5 * time.Second, Length: 2 * time.Second, Loss: 1,
		Fixed: true}})
	lost := runs(pattern(p, periods*5000+2000))
	exact := 0
	for _, n := range lost {
		// Also those that begin in one period and end in the next. Two of
		// neighbouring periods may overlap.
		require.GreaterOrEqual(t, n, 2000)
		if n == 2000 {
			exact++
		}
	}
	require.Greater(t, exact, periods*3/5)
	require.LessOrEqual(t, len(lost), periods+1)
}

func TestBurstsAreExponential(t *testing.T) {
	const periods, mean = 1500, 60
	p := NewPath(8, hostA, hostB, Profile{Burst: Burst{Every: time.Second, Length: mean * time.Millisecond, Loss: 1}})
	lost := runs(pattern(p, periods*1000))
	require.InDelta(t, periods, len(lost), periods/40)
	sum, longer, longest := 0, 0, 0
	for _, n := range lost {
		sum += n
		longest = max(longest, n)
		if n > mean {
			longer++
		}
	}
	require.InDelta(t, mean, float64(sum)/float64(len(lost)), 6)
	require.InDelta(t, math.Exp(-1), float64(longer)/float64(len(lost)), 0.05)
	require.LessOrEqual(t, longest, 2*burstCut*mean) // two that touch
}

func TestBurstLossIsPartial(t *testing.T) {
	always := Burst{Every: time.Second, Length: time.Second, Fixed: true}
	for _, c := range []struct{ base, burst float64 }{{0, 0.5}, {0.2, 0.7}, {0.6, 0.3}} {
		always.Loss = c.burst
		p := NewPath(9, hostA, hostB, Profile{Loss: c.base, Burst: always})
		bad, lost := 0, 0
		for ms := range uint64(100_000) {
			if p.inBurst(ms) {
				bad++
				if p.lost(ms) {
					lost++
				}
			}
		}
		require.InDelta(t, max(c.base, c.burst), float64(lost)/float64(bad), 0.02)
	}
}

func TestFateOfWhatIsNotLost(t *testing.T) {
	p := NewPath(10, hostA, hostB, Profile{Delay: 30 * time.Millisecond, Jitter: 10 * time.Millisecond,
		Duplicate: 0.1, Reorder: 0.2, ReorderDelay: 50 * time.Millisecond})
	const n = 50_000
	late, copied, sum := 0, 0, time.Duration(0)
	for ms := range n {
		f := p.Fate(time.Duration(ms)*time.Millisecond, uint64(ms))
		require.False(t, f.Lost)
		delay := f.Delay
		if f.Late {
			late++
			delay -= 50 * time.Millisecond
		}
		require.GreaterOrEqual(t, delay, 30*time.Millisecond)
		require.Less(t, delay, 40*time.Millisecond)
		sum += delay
		if f.Copied {
			copied++
			require.GreaterOrEqual(t, f.CopyDelay, f.Delay)
			require.Less(t, f.CopyDelay, f.Delay+duplicateSpread)
		} else {
			require.Zero(t, f.CopyDelay)
		}
	}
	require.InDelta(t, 0.2, float64(late)/n, 0.01)
	require.InDelta(t, 0.1, float64(copied)/n, 0.01)
	require.InDelta(t, 35, (sum/n).Seconds()*1000, 0.1)
}

func TestDatagramsOfOneMillisecondAreHeldBackSeparately(t *testing.T) {
	p := NewPath(11, hostA, hostB, Profile{Reorder: 0.5, Duplicate: 0.5})
	late, copied := 0, 0
	for content := range uint64(1000) {
		f := p.Fate(0, content)
		if f.Late {
			late++
		}
		if f.Copied {
			copied++
		}
	}
	require.InDelta(t, 500, late, 80)
	require.InDelta(t, 500, copied, 80)
}

func TestProfilesAreBroughtIntoRange(t *testing.T) {
	const day = 24 * time.Hour
	require.Equal(t, Profile{ReorderDelay: defaultReorderDelay},
		Profile{Delay: -1, Jitter: -1, Loss: -1, Duplicate: math.NaN(), Reorder: math.Inf(-1), ReorderDelay: -1,
			Burst: Burst{Every: -1, Length: -1, Loss: -1}}.clean())
	require.Equal(t, Profile{Delay: day, Jitter: day, Loss: 1, Duplicate: 1, Reorder: 1, ReorderDelay: day,
		Burst: Burst{Every: day, Length: day, Loss: 1}},
		Profile{Delay: math.MaxInt64, Jitter: math.MaxInt64, Loss: 2, Duplicate: math.Inf(1), Reorder: 1.5,
			ReorderDelay: math.MaxInt64,
			Burst:        Burst{Every: math.MaxInt64, Length: math.MaxInt64, Loss: 7}}.clean())
	for _, b := range []Burst{{Every: 1, Length: 1}, {Every: 1, Loss: 1}, {Length: 1, Loss: 1}} {
		require.Zero(t, Profile{Burst: b}.clean().Burst, "%+v is no burst", b)
	}
	// The extremes must not hang or divide by zero.
	for _, p := range []Profile{{}, {Delay: math.MaxInt64, Jitter: math.MaxInt64,
		Burst: Burst{Every: 1, Length: math.MaxInt64, Loss: 1}}} {
		path := NewPath(1, hostA, hostB, p)
		path.Fate(time.Hour, 0)
		require.Equal(t, path.Fate(0, 0), path.Fate(math.MinInt64, 0), "before the start is the start")
		require.Equal(t, path.Lost(0), path.Lost(-time.Hour))
	}
}

func TestNamedProfiles(t *testing.T) {
	for name, p := range map[string]Profile{"LAN": LAN(), "Cable": Cable(), "WiFi": WiFi(), "Mobile": Mobile(),
		"Satellite": Satellite(), "Loss": Loss(0.2)} {
		clean := p.clean()
		clean.ReorderDelay = p.ReorderDelay
		require.Equal(t, p, clean, "%s is in range", name)
		require.Positive(t, p.Delay, name)
	}
	require.Equal(t, 0.2, Loss(0.2).Loss)
}

func BenchmarkFate(b *testing.B) {
	p := NewPath(1, hostA, hostB, Mobile())
	b.ReportAllocs()
	for i := range b.N {
		p.Fate(time.Duration(i)*time.Millisecond, uint64(i))
	}
}
