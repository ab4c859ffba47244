package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"kbridge/kclient/wire"
	"kbridge/server"
)

type options struct {
	listen   string
	gamePort int
	level    slog.Level
	json     bool
	config   server.Config
}

// parseFlags reads and checks the flags. Errors name the flag, what it got and
// what it takes; help goes to out.
func parseFlags(args []string, out io.Writer) (options, error) {
	o := options{}
	c := &o.config
	set := flag.NewFlagSet("kaillera-server", flag.ContinueOnError)
	set.SetOutput(out)
	set.Usage = func() {
		fmt.Fprint(out, "kaillera-server runs a Kaillera server until Ctrl-C.\n\nFlags:\n")
		set.PrintDefaults()
	}
	var padding, level, format string
	set.StringVar(&o.listen, "listen", ":27888", "UDP `address` for HELLO, host:port; the host may be empty for all")
	set.IntVar(&o.gamePort, "game-port", 0, "UDP `port` for sessions; 0 for the port of -listen")
	set.StringVar(&c.Name, "name", "kbridge server", "`name` of the server, said in the welcome")
	set.StringVar(&c.MOTD, "motd", "", "`text` of the welcome; \\n begins a new line")
	set.IntVar(&c.MaxUsers, "max-users", 100, "`users` that may be logged in at once, 1 to 10000")
	set.IntVar(&c.MaxGames, "max-games", 100, "`rooms` that may be open at once, 1 to 10000")
	set.DurationVar(&c.MaxPing, "max-ping", 250*time.Millisecond, "largest ping that may log in, 1ms to 1s")
	set.StringVar(&c.Charset, "charset", "windows-1252", "`charset` of names and chat: "+strings.Join(wire.CharsetNames(), ", "))
	set.StringVar(&padding, "padding", "auto", "frames of zeros for slower players at a game's start: `auto`, on or off")
	set.DurationVar(&c.Stall, "stall-time", 10*time.Second, "how long a player may hold up a game, 1s to 1h")
	set.DurationVar(&c.NetsyncStall, "netsync-time", 120*time.Second, "how long a player may take to load a game, 1s to 1h")
	set.DurationVar(&c.KeepAlive, "keep-alive", 190*time.Second, "how long a user may be silent, 70s to 24h")
	set.StringVar(&level, "log-level", "info", "`level` of the log: debug, info, warn or error")
	set.StringVar(&format, "log-format", "text", "`format` of the log: text or json")

	// The flag package prints its errors itself, with the usage; here the error
	// is enough.
	set.SetOutput(io.Discard)
	usage := set.Usage
	set.Usage = func() {}
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			set.SetOutput(out)
			usage()
		}
		return o, err
	}
	if set.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q: only flags are taken", set.Arg(0))
	}
	c.MOTD = strings.ReplaceAll(c.MOTD, `\n`, "\n")
	return o, errors.Join(
		checkListen(o.listen),
		checkRange("game-port", o.gamePort, 0, 65535),
		checkText("name", c.Name, wire.MaxGameName),
		checkRange("max-users", c.MaxUsers, 1, 10000),
		checkRange("max-games", c.MaxGames, 1, 10000),
		checkRange("max-ping", c.MaxPing, time.Millisecond, time.Second),
		checkCharset(c.Charset),
		setPadding(&c.Padding, padding),
		checkRange("stall-time", c.Stall, time.Second, time.Hour),
		checkRange("netsync-time", c.NetsyncStall, time.Second, time.Hour),
		checkRange("keep-alive", c.KeepAlive, 70*time.Second, 24*time.Hour),
		setLevel(&o.level, level),
		setFormat(&o.json, format),
	)
}

func bad(name, got, takes string) error {
	return fmt.Errorf("-%s is %q: it takes %s", name, got, takes)
}

func checkRange[T int | time.Duration](name string, got, low, high T) error {
	if got < low || got > high {
		return bad(name, fmt.Sprint(got), fmt.Sprintf("%v to %v", low, high))
	}
	return nil
}

func checkListen(listen string) error {
	_, port, err := net.SplitHostPort(listen)
	if err == nil {
		var n int
		if n, err = strconv.Atoi(port); err == nil && n >= 0 && n <= 65535 {
			return nil
		}
	}
	return bad("listen", listen, "host:port with a port of 0 to 65535, such as :27888 or 127.0.0.1:27888")
}

func checkText(name, got string, limit int) error {
	if strings.TrimSpace(got) == "" || len(got) > limit {
		return bad(name, got, fmt.Sprintf("a text of 1 to %d bytes", limit))
	}
	return nil
}

func checkCharset(name string) error {
	if _, err := wire.LookupCharset(name); err != nil {
		return bad("charset", name, "one of "+strings.Join(wire.CharsetNames(), ", "))
	}
	return nil
}

func setPadding(to *server.Padding, word string) error {
	p, err := server.ParsePadding(word)
	if err != nil {
		return bad("padding", word, "auto, on or off")
	}
	*to = p
	return nil
}

func setLevel(to *slog.Level, word string) error {
	switch strings.ToLower(word) {
	case "debug", "info", "warn", "error":
		return to.UnmarshalText([]byte(word))
	}
	return bad("log-level", word, "debug, info, warn or error")
}

func setFormat(json *bool, word string) error {
	switch strings.ToLower(word) {
	case "text":
	case "json":
		*json = true
	default:
		return bad("log-format", word, "text or json")
	}
	return nil
}

func (o options) logger(out io.Writer) *slog.Logger {
	h := &slog.HandlerOptions{Level: o.level}
	if o.json {
		return slog.New(slog.NewJSONHandler(out, h))
	}
	return slog.New(slog.NewTextHandler(out, h))
}
