// Package chip8 tests the CHIP-8 emulator: it compiles the C with gcc and runs
// it. (The sources are one folder up, since Go does not accept C beside a test.)
package chip8

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const source = ".."

// built holds the programs that were compiled; each is compiled once.
var built string

func TestMain(m *testing.M) {
	var err error
	if built, err = os.MkdirTemp("", "chip8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(built)
	os.Exit(code)
}

// compile builds one program from C files with the flags that the Makefile uses.
func compile(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not installed, so the C code cannot be tested")
	}
	path := filepath.Join(built, program)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	arguments = append([]string{"-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic", "-pthread",
		"-I../../../include", "-o", path}, arguments...)
	out, err := exec.Command("gcc", arguments...).CombinedOutput()
	require.NoError(t, err, "gcc %v:\n%s", arguments, out)
	return path
}

func c(name string) string { return filepath.Join(source, name) }

// result is what a program did.
type result struct {
	stdout, stderr string
	code           int
}

func run(t *testing.T, environment []string, program string, arguments ...string) result {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.WaitDelay = 5 * time.Second
	command.Env = append(os.Environ(), environment...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		require.NoError(t, err)
	}
	return result{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

// emulator builds chip8 against the stand-in for the library.
func emulator(t *testing.T) string {
	t.Helper()
	assembler := compile(t, "asm", c("asm.c"))
	duel := filepath.Join(built, "duel.c")
	made := run(t, nil, assembler, c("duel.8s"), duel, "duel_rom")
	require.Equal(t, result{}, made)
	return compile(t, "chip8", c("main.c"), c("play.c"), c("netplay.c"), c("machine.c"), c("games.c"), c("input.c"),
		c("report.c"), c("terminal.c"), duel, "testdata/fakekaillera.c")
}

// frame is one line of a report.
type frame struct {
	number         int
	digest, screen string
	keys           uint16
}

func readReport(t *testing.T, path string) (frames []frame, comments []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			comments = append(comments, line)
			continue
		}
		fields := strings.Fields(line)
		require.Len(t, fields, 4, line)
		number, err := strconv.Atoi(fields[0])
		require.NoError(t, err)
		keys, err := strconv.ParseUint(fields[2], 16, 16)
		require.NoError(t, err)
		require.Len(t, fields[1], 16)
		require.Len(t, fields[3], 512)
		frames = append(frames, frame{number, fields[1], fields[3], uint16(keys)})
	}
	return frames, comments
}

// TestMachine runs machine_test.c, with gcc's checkers for memory and undefined behaviour where they are installed.
func TestMachine(t *testing.T) {
	arguments := []string{c("machine_test.c"), c("machine.c")}
	probe := exec.Command("gcc", "-fsanitize=address,undefined", "-x", "c", "-o", filepath.Join(t.TempDir(), "probe"),
		"-")
	probe.Stdin = strings.NewReader("int main(void) { return 0; }")
	if probe.Run() == nil {
		arguments = append(arguments, "-fsanitize=address,undefined", "-fno-sanitize-recover")
	}
	require.Equal(t, result{}, run(t, nil, compile(t, "machine_test", arguments...)))
}

func TestAssembler(t *testing.T) {
	assembler := compile(t, "asm", c("asm.c"))
	for _, test := range []struct{ name, source, want string }{
		{"every instruction",
			"cls\nret\njp 0x234\njp v0, 0x234\ncall 0x234\nse v1, 2\nsne v1, 2\nse v1, v2\nsne v1, v2\n" +
				"ld v1, 2\nadd v1, 2\nld v1, v2\nor v1, v2\nand v1, v2\nxor v1, v2\nadd v1, v2\nsub v1, v2\nshr v1, v2\n" +
				"subn v1, v2\nshl v1, v2\nld i, 0x234\nrnd v1, 2\ndrw v1, v2, 3\nskp v1\nsknp v1\nld v1, dt\nld v1, k\n" +
				"ld dt, v1\nld st, v1\nadd i, v1\nld f, v1\nld b, v1\nld [i], v1\nld v1, [i]",
			"00e000ee1234b234223431024102512091206102710281208121812281238124812581268127812ea234c102d123e19ee1a1" +
				"f107f10af115f118f11ef129f133f155f165"},
		{"names and labels",
			"; nothing\nx = va\nstep = 0b11\n  start:\nadd x, step+1 ; four\nadd x, -step\njp end\ndb 1,0xff, -1\nend: \njp start",
			"7a047afd120901ffff1200"},
	} {
		file := filepath.Join(t.TempDir(), "x.8s")
		require.NoError(t, os.WriteFile(file, []byte(test.source), 0o600))
		rom := filepath.Join(t.TempDir(), "x.ch8")
		require.Equal(t, result{}, run(t, nil, assembler, file, rom), test.name)
		got, err := os.ReadFile(rom)
		require.NoError(t, err)
		require.Equal(t, test.want, hex.EncodeToString(got), test.name)
	}
}

func TestAssemblerErrors(t *testing.T) {
	assembler := compile(t, "asm", c("asm.c"))
	for source, want := range map[string]string{
		"":                       "the program is empty",
		"cls\nnop":               ":2: no such instruction: nop",
		"ld dt, 5":               ":1: ld does not take these operands",
		"jp v1, 5":               ":1: jp does not take these operands",
		"ld v1":                  ":1: ld does not take these operands",
		"ld v1,":                 ":1: an operand is missing",
		"ld v1, 256":             ":1: 256 is not within -128 and 255",
		"drw v0, v1, 16":         ":1: 16 is not within 0 and 15",
		"jp nowhere":             ":1: no such name: nowhere",
		"a = 1\na = 2":           ":2: a is defined twice",
		"v3 = 1":                 ":1: v3 has a meaning already",
		"9a:":                    ":1: a name begins with a letter: 9a",
		"ld v0, 12q":             ":1: not a number: 12q",
		"x = v1\nld v0, x+1":     ":2: only numbers can be added and subtracted: x",
		strings.Repeat("a", 300): ":1: a line is longer than",
		strings.Repeat("db 1,2,3,4,5,6,7,8\n", 449): ":449: the program is longer than 3584 bytes",
	} {
		file := filepath.Join(t.TempDir(), "x.8s")
		require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
		rom := filepath.Join(t.TempDir(), "x.ch8")
		got := run(t, nil, assembler, file, rom)
		require.Equal(t, 1, got.code, source)
		require.Contains(t, got.stderr, want, source)
		require.NoFileExists(t, rom, source)
	}
}

// TestCallsAreFrames plays against the stand-in: the machine advances exactly once per call of
// kailleraModifyPlayValues, with no keys down in the frame delay (the player's own are in the buffer then), later with
// the keys that came back and not its own, and stops at -1.
func TestCallsAreFrames(t *testing.T) {
	chip8 := emulator(t)
	// Keys 0, 1, 2, 4, 5, 7, 8, A in turn, A once more, then C, which is not in the player's half of the pad.
	trace := filepath.Join(t.TempDir(), "trace.txt")
	require.NoError(t,
		os.WriteFile(trace, []byte("0100\n0200\n0400ffff\n1000\n2000\n8000\n0001\n0004\nx1\n0010\n0800\nx3\n"), 0o600))
	raw := []uint16{0x0001, 0x0002, 0x0004, 0x0010, 0x0020, 0x0080, 0x0100, 0x0400, 0x0400, 0x1000, 0x0008, 0x0008}
	for player, own := range map[int][]uint16{
		1: {0x0001, 0x0002, 0x0004, 0x0010, 0x0020, 0x0080, 0x0100, 0x0400, 0x0400, 0, 0, 0},
		2: {0x8000, 0x0008, 0x1000, 0x0040, 0x2000, 0x0200, 0x4000, 0x0800, 0x0800, 0, 0, 0},
	} {
		for _, delay := range []int{0, 1, 5} {
			t.Run(fmt.Sprintf("player %d, delay %d", player, delay), func(t *testing.T) {
				report := filepath.Join(t.TempDir(), "report")
				got := run(t, []string{fmt.Sprint("FAKE_PLAYER=", player), fmt.Sprint("FAKE_DELAY=", delay),
					"FAKE_FRAMES=12"},
					chip8, "--no-screen", "--unthrottled", "--trace", trace, "--report", report, "--chat", "hi\x1b[2J")
				require.Equal(t, 1, got.code, "the game was lost")
				require.Contains(t, got.stderr, "ended before its time")
				sum := fnv.New64a()
				sum.Write(make([]byte, 6*delay)) // zeros of all three players
				for _, keys := range raw {
					players := [3]uint16{0x0020, 0x0020, 0xffff}
					players[player-1] = keys
					require.NoError(t, binary.Write(sum, binary.LittleEndian, players))
				}
				all := delay + len(own)
				inputs := fmt.Sprintf("inputs digest=%016x frames=%d", sum.Sum64(), all)
				require.Equal(t, fmt.Sprintf("Duel: you are player %d of 3.\n<me> hi?[2J\n"+
					"th?[2Jem? (player 3) has left the game.\n%s\nkailleraEndGame: called\n", player, inputs),
					got.stdout)

				frames, comments := readReport(t, report)
				require.Equal(t, []string{fmt.Sprintf("# start player %d of 3, game Duel", player),
					fmt.Sprintf("# end %d frames: lost", all), "# " + inputs}, comments)
				other := uint16(0x2000) // player 2 holds key 5, which arrives as D
				if player == 2 {
					other = 0x0020
				}
				require.Len(t, frames, all)
				for n, frame := range frames {
					require.Equal(t, n+1, frame.number)
					if n < delay {
						require.Zero(t, frame.keys, "frame %d, in the frame delay", n+1)
					} else {
						require.Equal(t, own[n-delay]|other, frame.keys, "frame %d", n+1)
					}
				}
			})
		}
	}

	got := run(t, []string{"FAKE_PLAYER=1", "FAKE_DELAY=2", "FAKE_FRAMES=12"}, chip8, "--no-screen", "--unthrottled",
		"--frames", "7")
	require.Regexp(t,
		`^Duel: you are player 1 of 3.\nth\?\[2Jem\? \(player 3\) has left the game.\ninputs digest=[0-9a-f]{16} frames=7\nkailleraEndGame: called\n$`, got.stdout)
	require.Equal(t, result{got.stdout, "", 0}, got)

	got = run(t, nil, chip8, "--no-screen")
	require.Equal(t, 1, got.code, "a lobby that does not open")
	require.Contains(t, got.stderr, "KAILLERA_SERVER")
}

// TestSameInputSameMachine is lockstep without a network: the same seed gives the same machine in every frame, another
// seed another one. And Duel is played: both sides score.
func TestSameInputSameMachine(t *testing.T) {
	chip8 := emulator(t)
	play := func(seed string) []frame {
		report := filepath.Join(t.TempDir(), "report")
		got := run(t, nil, chip8, "--offline", "--bot", "--seed", seed, "--no-screen", "--unthrottled", "--frames",
			"3000", "--report", report)
		require.Equal(t, result{}, got)
		frames, comments := readReport(t, report)
		require.Equal(t, []string{"# start offline, game Duel", "# end 3000 frames: finished"}, comments)
		return frames
	}
	first, again, other := play("1"), play("1"), play("2")
	require.Len(t, first, 3000)
	require.Equal(t, first, again)
	require.NotEqual(t, first[2999].digest, other[2999].digest)
	scores := [2]map[string]bool{{}, {}}
	for _, frame := range first {
		for row := range 5 { // the score's digits: 4 pixels wide at 20 and 40, a hex digit each
			frame.screen += frame.screen[row*16+5:row*16+6] + frame.screen[row*16+10:row*16+11]
		}
		digits := frame.screen[512:]
		scores[0][digits[0:1]+digits[2:3]+digits[4:5]+digits[6:7]+digits[8:9]] = true
		scores[1][digits[1:2]+digits[3:4]+digits[5:6]+digits[7:8]+digits[9:10]] = true
	}
	for player, seen := range scores {
		require.Contains(t, seen, "f999f", "player %d has had no points", player+1)
		require.Contains(t, seen, "26227", "player %d has had one point", player+1)
		require.Contains(t, seen, "f1f8f", "player %d has had two points", player+1)
	}
}

// TestPace checks that the loop does not race: 30 frames at 300 a second take a tenth of a second.
func TestPace(t *testing.T) {
	chip8 := emulator(t)
	begin := time.Now()
	require.Equal(t, result{}, run(t, nil, chip8, "--offline", "--bot", "--no-screen", "--fps", "300", "--frames",
		"30"))
	require.GreaterOrEqual(t, time.Since(begin), 90*time.Millisecond)
}

func TestRomFiles(t *testing.T) {
	chip8 := emulator(t)
	folder := t.TempDir()
	rom := filepath.Join(folder, "spin.v1.ch8")
	require.NoError(t, os.WriteFile(rom, []byte{0x12, 0x00}, 0o600))
	report := filepath.Join(folder, "report")
	require.Equal(t, result{}, run(t, nil, chip8, "--offline", "--no-screen", "--unthrottled", "--frames", "2",
		"--report", report, rom))
	_, comments := readReport(t, report)
	require.Regexp(t, `^# start offline, game spin\.v1 \[[0-9a-f]{8}\]$`, comments[0])

	for content, want := range map[string]string{"": "is not a CHIP-8 ROM",
		strings.Repeat("x", 3585): "is not a CHIP-8 ROM"} {
		require.NoError(t, os.WriteFile(rom, []byte(content), 0o600))
		got := run(t, nil, chip8, "--offline", "--no-screen", rom)
		require.Equal(t, 1, got.code)
		require.Contains(t, got.stderr, want)
	}
}

func TestFlags(t *testing.T) {
	chip8 := emulator(t)
	got := run(t, nil, chip8, "--help")
	require.Zero(t, got.code)
	for _, flag := range []string{"--bot", "--seed", "--trace", "--frames", "--seconds", "--no-screen", "--report",
		"--chat", "--fps",
		"--unthrottled", "--offline", "KAILLERA_SERVER"} {
		require.Contains(t, got.stdout, flag)
	}
	bad := filepath.Join(t.TempDir(), "bad.txt")
	require.NoError(t, os.WriteFile(bad, []byte("0000\nx2\nzz\n"), 0o600))
	for _, test := range []struct {
		arguments []string
		code      int
		want      string
	}{
		{[]string{"--bogus"}, 2, "there is no flag --bogus"},
		{[]string{"--fps", "0"}, 2, `--fps got "0"; it takes a whole number from 1 to 1000`},
		{[]string{"--frames", "1.5"}, 2, `--frames got "1.5"`},
		{[]string{"--frames"}, 2, "--frames needs a whole number"},
		{[]string{"--seconds", "nan"}, 2, `--seconds got "nan"`},
		{[]string{"--report"}, 2, "--report needs a file"},
		{[]string{"--bot", "--trace", bad}, 2, "cannot both play"},
		{[]string{"--trace", bad}, 1, "line 3: neither xN nor two bytes in hex"},
		{[]string{"--trace", bad + "x"}, 1, "No such file"},
		{[]string{"--report", bad + "/x"}, 1, "cannot report to"},
		{[]string{bad + ".ch8"}, 1, "cannot read the ROM"},
	} {
		got := run(t, nil, chip8, test.arguments...)
		require.Equal(t, test.code, got.code, test.arguments)
		require.Contains(t, got.stderr, test.want, test.arguments)
	}
}
