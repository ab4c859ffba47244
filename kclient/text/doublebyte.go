package text

import (
	"slices"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
)

// doubleByte is a code page in which a character has one byte or two.
type doubleByte struct {
	enc         encoding.Encoding
	lead, trail bytesIn         // of two bytes
	not         codesIn         // that enc knows and the code page does not
	but         map[uint16]rune // where enc knows another character
	later       codesIn         // that are not written where a character has another code

	once   sync.Once
	runes  []uint16           // of each code; 0: none
	codes  []uint16           // of each character below U+10000; 0: none
	which  map[uint16]int     // the spelling of a code; 0 is the one that is written
	spells map[spelled]uint16 // the code of a spelling above 0
}

type spelled struct {
	r        rune
	spelling int
}

type (
	bytesIn [][2]byte
	codesIn [][2]uint16
)

func (s bytesIn) has(b byte) bool {
	return slices.ContainsFunc(s, func(r [2]byte) bool { return b >= r[0] && b <= r[1] })
}

func (s codesIn) has(c uint16) bool {
	return slices.ContainsFunc(s, func(r [2]uint16) bool { return c >= r[0] && c <= r[1] })
}

// pair reports whether two bytes are one code, with a character or without.
func (d *doubleByte) pair(a, b byte) bool { return d.lead.has(a) && d.trail.has(b) }

func (d *doubleByte) tables() { d.once.Do(d.build) }

func (d *doubleByte) build() {
	d.runes, d.codes = make([]uint16, 0x10000), make([]uint16, 0x10000)
	d.which, d.spells = map[uint16]int{}, map[spelled]uint16{}
	dec := d.enc.NewDecoder()
	decode := func(code ...byte) rune {
		var dst [4 * utf8.UTFMax]byte
		dec.Reset()
		n, _, err := dec.Transform(dst[:], code, true)
		r, size := utf8.DecodeRune(dst[:n])
		if err != nil || size != n {
			return -1 // no code of these has two characters
		}
		return defined(r)
	}
	var later []uint16
	for b := 0x80; b <= 0xFF; b++ {
		d.add(uint16(b), decode(byte(b)))
	}
	for a := 0x80; a <= 0xFF; a++ {
		for b := 0x40; b <= 0xFF; b++ {
			code := uint16(a<<8 | b)
			switch {
			case !d.pair(byte(a), byte(b)) || d.not.has(code):
			case d.later.has(code):
				later = append(later, code)
			case d.but[code] != 0:
				d.add(code, d.but[code])
			default:
				d.add(code, decode(byte(a), byte(b)))
			}
		}
	}
	for _, code := range later {
		d.add(code, decode(byte(code>>8), byte(code)))
	}
}

// add gives a character to a code. Of several codes the first is written.
func (d *doubleByte) add(code uint16, r rune) {
	if r < 0 || r >= 0x10000 {
		return
	}
	d.runes[code] = uint16(r)
	if d.codes[r] == 0 {
		d.codes[r] = code
		return
	}
	spelling := 1
	for d.spelled(r, spelling) {
		spelling++
	}
	d.which[code], d.spells[spelled{r, spelling}] = spelling, code
}

func (d *doubleByte) spelled(r rune, spelling int) bool {
	_, ok := d.spells[spelled{r, spelling}]
	return ok
}

func (d *doubleByte) first(raw string) (r rune, spelling, n int) {
	d.tables()
	code := uint16(raw[0])
	n = 1
	if len(raw) > 1 && d.pair(raw[0], raw[1]) {
		code, n = code<<8|uint16(raw[1]), 2
	}
	if d.runes[code] == 0 {
		return -1, 0, n
	}
	return rune(d.runes[code]), d.which[code], n
}

// append appends the code of a character that has one.
func (d *doubleByte) append(out []byte, r rune, spelling int) []byte {
	code := d.codes[r]
	if spelling > 0 {
		code = d.spells[spelled{r, spelling}]
	}
	if code > 0xFF {
		out = append(out, byte(code>>8))
	}
	return append(out, byte(code))
}
