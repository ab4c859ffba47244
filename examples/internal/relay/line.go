package relay

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// maxDistance is the longest way that can be asked for, one way.
const maxDistance = time.Second

// Line is how bad the way between an emulator and the server is, each way.
type Line struct {
	Loss   float64       // the share of datagrams that is lost, 0 to 1
	Delay  time.Duration // one way
	Jitter time.Duration // how much earlier or later than Delay a datagram may come
}

// Perfect reports whether the line does nothing.
func (l Line) Perfect() bool { return l == Line{} }

func (l Line) String() string {
	text := l.Distance() + " each way"
	if l.Loss > 0 {
		text += fmt.Sprintf(", %.4g %% lost", l.Loss*100)
	}
	return text
}

// Distance is how far away the server is, such as "45 ± 10 ms".
func (l Line) Distance() string {
	milliseconds := func(d time.Duration) string { return fmt.Sprintf("%.4g", d.Seconds()*1000) }
	if l.Jitter > 0 {
		return milliseconds(l.Delay) + " ± " + milliseconds(l.Jitter) + " ms"
	}
	return milliseconds(l.Delay) + " ms"
}

// Ways are the ways of each socket that uses the line. The same seed loses the same datagrams of each way, counted from
// the first.
func (l Line) Ways(seed uint64) Ways {
	return func(socket int) (up, down Way) {
		return l.way(seed, uint64(2*socket)), l.way(seed, uint64(2*socket+1))
	}
}

func (l Line) way(seed, stream uint64) Way {
	random := rand.New(rand.NewPCG(seed, stream))
	return func([]byte) Fate {
		// Both are always drawn, so that the losses do not depend on the delay.
		lost := random.Float64() < l.Loss
		delay := l.Delay + time.Duration((2*random.Float64()-1)*float64(l.Jitter))
		return Fate{Lost: lost, Delay: max(delay, 0)}
	}
}

// ParseDistances reads how far each player is from the server: milliseconds one way, such as "5,45", or one number for
// all of them.
func ParseDistances(text string, players int) ([]time.Duration, error) {
	fields := strings.Split(text, ",")
	if len(fields) != 1 && len(fields) != players {
		return nil, fmt.Errorf("%q are %d distances; it takes one, or one for each of %d players", text, len(fields),
			players)
	}
	distances := make([]time.Duration, players)
	for p := range distances {
		n, err := strconv.ParseFloat(strings.TrimSpace(fields[p%len(fields)]), 64)
		if err != nil || !(n >= 0 && n <= float64(maxDistance.Milliseconds())) {
			return nil, fmt.Errorf("%q is no distance; it takes milliseconds one way, from 0 to %d",
				fields[p%len(fields)], maxDistance.Milliseconds())
		}
		distances[p] = time.Duration(n * float64(time.Millisecond))
	}
	return distances, nil
}
