package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/logqueue"
	"kbridge/kclient/version"
	"kbridge/server"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// logFlush is how long the program's end waits for whoever reads its log.
const logFlush = time.Second

// memoryPerHundred is what the collector tries to stay below for each begun hundred of users. What is in use is bounded
// by the server (server/limits: less than 40 MiB); without this as much again may wait to be collected.
const memoryPerHundred = 56 << 20

// limitMemory sets that limit, unless the environment has one (GOMEMLIMIT).
func limitMemory(users int) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64((users+99)/100) * memoryPerHundred)
	}
}

// run is the program; it ends when ctx does.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "kaillera-server: %v\nRun kaillera-server -help for all flags.\n", err)
		return exitUsage
	case o.version:
		fmt.Println(server.Version())
		return exitOK
	}
	lines := logqueue.New(o.handler(stderr))
	defer lines.Flush(logFlush)
	log := slog.New(lines)
	o.config.Logger = log
	limitMemory(o.config.MaxUsers)
	s, err := server.New(o.config)
	if err != nil {
		fmt.Fprintf(stderr, "kaillera-server: %v\n", err)
		return exitUsage
	}
	query, game, err := server.Listen(o.listen, o.gamePort)
	if err != nil {
		fmt.Fprintf(stderr, "kaillera-server: %v\n", err)
		return exitError
	}
	attrs := []any{slog.String("addr", query.LocalAddr().String())}
	if game != nil {
		attrs = append(attrs, slog.String("games", game.LocalAddr().String()))
	}
	log.Info("listening", append(attrs, slog.String("name", o.config.Name), slog.String("charset", o.config.Charset),
		slog.String("version", version.String()),
		slog.Int("max-users", o.config.MaxUsers), slog.Int("max-games", o.config.MaxGames),
		slog.Duration("max-ping", o.config.MaxPing), slog.String("padding", o.config.Padding.String()),
		slog.String("frame-delay", o.config.FrameDelay.String()))...)

	served := make(chan error, 1)
	guard.Go("server", func() { served <- s.Serve(query, game) }, func(f *guard.Fault) { served <- f })
	select {
	case <-ctx.Done():
		_ = s.Close("")
		err = <-served
	case err = <-served:
	}
	if err != nil {
		log.Error("ended", slog.Any("error", err))
		return exitError
	}
	log.Info("ended", totals(s.Stats())...)
	return exitOK
}

// totals are what the server has done, for its last line.
func totals(st server.Stats) []any {
	attrs := []any{slog.Int("logins", st.Logins), slog.Int("datagrams", st.DatagramsReceived)}
	var refused []any
	for reason, n := range st.Refusals {
		if n > 0 {
			refused = append(refused, slog.Int(server.Refusal(reason).String(), n))
		}
	}
	if len(refused) > 0 {
		attrs = append(attrs, slog.Group("refused", refused...))
	}
	return attrs
}
