// Command lobby-demo shows the lobby: it starts a server and two emulators without
// a screen, and opens the page of each in the browser, or says where they are.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"kbridge/examples/internal/process"
)

func main() {
	build := flag.String("build", "build", "`folder` of chip8, kaillera-server and libkailleraclient.so")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *build)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "lobby-demo: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, build string) error {
	folder, err := os.MkdirTemp("", "kbridge-lobby")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	address, err := freeAddress()
	if err != nil {
		return err
	}
	server := process.Command(ctx, filepath.Join(build, "kaillera-server"), "-listen", address, "-name", "Demo server",
		"-log-level", "warn")
	if err := server.Start(); err != nil {
		return err
	}
	ended := make(chan string, 2)
	for _, name := range []string{"ann", "bob"} {
		page, err := emulator(ctx, build, folder, name, address, ended)
		if err != nil {
			return err
		}
		fmt.Printf("%s's lobby: open %s in a browser\n", name, page)
		openPage(page)
	}
	fmt.Printf("\nBoth know the server %s among their favourites. Create a game in one lobby, join it in the other, and start it:\n"+
		"the two emulators play by themselves, without a screen. \"Back to the emulator\" in both ends this, and so does Ctrl-C.\n", address)
	for range 2 {
		select {
		case name := <-ended:
			fmt.Printf("%s is back in the emulator\n", name)
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// opened is the line of the log with the file that leads to the page.
var opened = regexp.MustCompile(`msg="the lobby is open" file=("?[^"]+"?)$`)

// emulator starts a chip8 whose lobby knows the server, and returns the file that
// leads a browser to its page.
func emulator(ctx context.Context, build, folder, name, server string, ended chan string) (string, error) {
	home := filepath.Join(folder, name)
	config := filepath.Join(home, "kbridge")
	if err := os.MkdirAll(config, 0o700); err != nil {
		return "", err
	}
	text := fmt.Sprintf("nick = %q\nconnection = 1\nsources = []\n[[favourite]]\naddress = %q\nname = \"Demo server\"\nnote = \"runs on this computer\"\n", name, server)
	if err := os.WriteFile(filepath.Join(config, "kbridge.toml"), []byte(text), 0o600); err != nil {
		return "", err
	}
	cmd := process.Command(ctx, filepath.Join(build, "chip8"), "--bot", "--seed", fmt.Sprint(len(name)+int(name[0])),
		"--no-screen")
	cmd.Env = append(os.Environ(), "KAILLERA_SERVER=", "KAILLERA_LOBBY=address", "KAILLERA_LOG=info",
		"XDG_CONFIG_HOME="+home)
	log, err := cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	page := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(log)
		for lines.Scan() {
			if m := opened.FindStringSubmatch(lines.Text()); m != nil {
				page <- strings.Trim(m[1], `"`)
			}
		}
		_ = cmd.Wait()
		ended <- name
	}()
	select {
	case p := <-page:
		return p, nil
	case <-ended:
		return "", fmt.Errorf("%s's emulator ended without a lobby", name)
	case <-time.After(10 * time.Second):
		return "", fmt.Errorf("%s's emulator opened no lobby", name)
	case <-ctx.Done():
		return "", errors.New("interrupted")
	}
}

func freeAddress() (string, error) {
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.LocalAddr().String(), nil
}

// openPage opens the file in the browser where there is one; its name was printed.
func openPage(page string) {
	name := "xdg-open"
	if runtime.GOOS == "darwin" {
		name = "open"
	} else if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return
	}
	_ = exec.Command(name, page).Start()
}
