package lab

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// WriteTable prints one line for each row and strategy. Stalls and traffic are of one
// player; datagrams and bytes count both directions. The last two columns compare with
// the floor on the same seeds.
func WriteTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t,
		"weather\troom\tstrategy\tframes\tdesyncs\tlost msgs\tgames lost\tafter s\tstall ms/min\tp50 ms\tp99 ms\tmax ms\tdgrams/frame\tbytes/frame\tresends/min\tstall/floor\tdgrams/floor\t")
	for i := range rows {
		r := &rows[i]
		for k, s := range r.Strategies {
			res := &r.Results[k]
			life := "-"
			if d, ok := res.Life(); ok {
				life = fmt.Sprintf("%.0f", d.Seconds())
			}
			fmt.Fprintf(t, "%s\t%s\t%v\t%d\t%d\t%d\t%d\t%s\t%.0f\t%d\t%d\t%d\t%.3f\t%.1f\t%.0f\t%s\n", r.Weather,
				r.Room, s, res.Frames,
				res.Desyncs, res.Lost, res.GamesLost, life, ms(res.StallPerMinute()),
				res.Stalls.Quantile(0.5).Milliseconds(), res.Stalls.Quantile(0.99).Milliseconds(),
				res.Stalls.Max().Milliseconds(),
				res.DatagramsPerFrame(), res.BytesPerFrame(), float64(res.Resends)/max(res.Played.Minutes(), 1e-9),
				beside(r, s, res))
		}
	}
	return t.Flush()
}

func beside(r *Row, s Strategy, res *Result) string {
	floor, ok := r.Of(Floor)
	if !ok || s == Floor {
		return "\t\t"
	}
	stall := "-"
	if b := floor.StallPerMinute(); b > 0 {
		stall = fmt.Sprintf("%.2f", float64(res.StallPerMinute())/float64(b))
	}
	return fmt.Sprintf("%s\t%.3f\t", stall, res.DatagramsPerFrame()/max(floor.DatagramsPerFrame(), 1e-9))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
