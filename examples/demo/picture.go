package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// display shows how the game goes: both screens in a terminal, or a line a second.
type display struct {
	out   io.Writer
	names [2]string
	wide  bool // a character is two pixels, one above the other; else four
	drawn bool // the picture stands above the cursor
	live  bool // there is a terminal to draw in
}

const (
	// pictureRows is the height of the picture in lines: a title, the frame's edges, half a line per pixel, and a
	// status.
	pictureRows = screenHeight/2 + 4
	// wideColumns is what two screens of 64 characters with their frames and the gap take.
	wideColumns = 2*(screenWidth+2) + 2
	redraws     = 30 // per second
)

func newDisplay(out *os.File, names [2]string) *display {
	d := &display{out: out, names: names}
	columns, rows, ok := terminalSize(out)
	d.live = ok && os.Getenv("TERM") != "dumb" && rows > pictureRows && columns > screenWidth+6
	d.wide = columns > wideColumns
	return d
}

// interval is how often show wants to be called.
func (d *display) interval() time.Duration {
	if d.live {
		return time.Second / redraws
	}
	return time.Second
}

func (d *display) show(c *comparison, since time.Duration) {
	if d.live {
		io.WriteString(d.out, d.picture(c))
		d.drawn = true
		return
	}
	fmt.Fprintf(d.out, "%3.0f s  player 1: frame %d  player 2: frame %d  %s\n", since.Seconds(), c.last[0].number,
		c.last[1].number, soFar(c))
}

// end leaves the last picture where it is and the terminal as it was.
func (d *display) end(c *comparison) {
	if d.drawn {
		io.WriteString(d.out, d.picture(c)+"\x1b[?25h")
	}
}

func soFar(c *comparison) string {
	if c.desync != nil {
		return fmt.Sprintf("apart at frame %d", c.desync.frame)
	}
	return fmt.Sprintf("%d frames equal", c.compared)
}

// picture is both screens side by side, with what moves the cursor to where the last picture began.
func (d *display) picture(c *comparison) string {
	var b strings.Builder
	if d.drawn {
		fmt.Fprintf(&b, "\x1b[%dA", pictureRows)
	} else {
		b.WriteString("\x1b[?25l")
	}
	width := screenWidth / 2
	if d.wide {
		width = screenWidth
	}
	both := func(left, middle, right string, text func(player int) string) {
		for p := range d.names {
			if p > 0 {
				b.WriteString("  ")
			}
			b.WriteString(left)
			t := text(p)
			b.WriteString(t)
			b.WriteString(strings.Repeat(middle, max(0, width-len([]rune(t)))))
			b.WriteString(right)
		}
		b.WriteString("\x1b[K\n")
	}
	nothing := func(int) string { return "" }
	both(" ", " ", " ", func(p int) string { return fmt.Sprintf("player %d: %s", p+1, d.names[p]) })
	both("┌", "─", "┐", nothing)
	for y := 0; y < screenHeight; y += 2 {
		both("│", " ", "│", func(p int) string { return d.pixels(&c.last[p].screen, y) })
	}
	both("└", "─", "┘", nothing)
	both(" ", " ", " ", func(p int) string { return fmt.Sprintf("frame %d, %s", c.last[p].number, soFar(c)) })
	return b.String()
}

// pixels is two rows of a screen as block characters.
func (d *display) pixels(s *screen, y int) string {
	halves := [4]rune{' ', '▄', '▀', '█'}
	quarters := [16]rune{' ', '▗', '▖', '▄', '▝', '▐', '▞', '▟', '▘', '▚', '▌', '▙', '▀', '▜', '▛', '█'}
	var b strings.Builder
	if d.wide {
		for x := range screenWidth {
			b.WriteRune(halves[s.pixel(x, y)<<1|s.pixel(x, y+1)])
		}
		return b.String()
	}
	for x := 0; x < screenWidth; x += 2 {
		b.WriteRune(quarters[s.pixel(x, y)<<3|s.pixel(x+1, y)<<2|s.pixel(x, y+1)<<1|s.pixel(x+1, y+1)])
	}
	return b.String()
}
