package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kbridge/examples/internal/process"
)

const screenWidth, screenHeight = 640, 480

// screen is a virtual X screen.
type screen struct {
	process *process.Process
	display string // for DISPLAY
	picture string // the file that always holds the picture
}

// startScreen starts Xvfb, which picks a number that is free and keeps its picture in a file of folder.
func startScreen(ctx context.Context, name, folder string) (*screen, error) {
	if err := os.MkdirAll(filepath.Join(folder, name), 0o755); err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	s := &screen{picture: filepath.Join(folder, name, "Xvfb_screen0")}
	s.process, err = process.Start(ctx, process.Options{Name: name, Folder: folder, Extra: []*os.File{write}}, "Xvfb",
		"-displayfd", "3", "-screen", "0",
		fmt.Sprintf("%dx%dx24", screenWidth, screenHeight), "-fbdir", filepath.Join(folder, name), "-nolisten", "tcp",
		"-nocursor")
	write.Close()
	if err != nil {
		return nil, err
	}
	read.SetReadDeadline(time.Now().Add(10 * time.Second))
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		return s, fmt.Errorf("the virtual screen does not start: %w; see %s", err, s.process.Out)
	}
	s.display = ":" + strings.TrimSpace(number)
	return s, nil
}

var errPicture = errors.New("the picture of Xvfb is not understood")

// shot reads the picture: a file in the format of xwd, which begins with a header of big-endian 32-bit numbers
// (X11/XWDFile.h).
func (s *screen) shot() (*image.RGBA, error) {
	const size, width, height, byteOrder, depth, stride, colours = 0, 4, 5, 7, 11, 12, 19 // places in the header
	file, err := os.ReadFile(s.picture)
	if err != nil {
		return nil, err
	}
	if len(file) < 100 {
		return nil, errPicture
	}
	field := func(n int) int { return int(binary.BigEndian.Uint32(file[4*n:])) }
	pixels := field(size) + 12*field(colours)
	if field(width) != screenWidth || field(height) != screenHeight || field(depth) != 32 ||
		len(file) < pixels+screenHeight*field(stride) {
		return nil, errPicture
	}
	picture := image.NewRGBA(image.Rect(0, 0, screenWidth, screenHeight))
	for y := range screenHeight {
		row := file[pixels+y*field(stride):]
		for x := range screenWidth {
			v := binary.LittleEndian.Uint32(row[4*x:])
			if field(byteOrder) == 1 {
				v = binary.BigEndian.Uint32(row[4*x:])
			}
			picture.SetRGBA(x, y, color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255})
		}
	}
	return picture, nil
}

// shoot writes both screens side by side to a PNG file, and says whether they show the same.
func shoot(path string, screens [2]*screen) (same bool, err error) {
	var shots [2]*image.RGBA
	for n, s := range screens {
		if shots[n], err = s.shot(); err != nil {
			return false, err
		}
	}
	both := image.NewRGBA(image.Rect(0, 0, 2*screenWidth+8, screenHeight))
	draw.Draw(both, both.Bounds(), image.NewUniform(color.RGBA{64, 64, 160, 255}), image.Point{}, draw.Src)
	for n, picture := range shots {
		draw.Draw(both, picture.Bounds().Add(image.Pt(n*(screenWidth+8), 0)), picture, image.Point{}, draw.Src)
	}
	file, err := os.Create(path)
	if err != nil {
		return false, err
	}
	if err := png.Encode(file, both); err != nil {
		file.Close()
		return false, err
	}
	return bytes.Equal(shots[0].Pix, shots[1].Pix), file.Close()
}
