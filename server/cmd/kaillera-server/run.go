package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"

	"kbridge/server"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// run is the program; it ends when ctx does.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "kaillera-server: %v\nRun kaillera-server -help for all flags.\n", err)
		return exitUsage
	}
	log := o.logger(stderr)
	o.config.Logger = log
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
		slog.Int("max-users", o.config.MaxUsers), slog.Int("max-games", o.config.MaxGames),
		slog.Duration("max-ping", o.config.MaxPing), slog.String("padding", o.config.Padding.String()), slog.String("frame-delay", o.config.FrameDelay.String()))...)

	served := make(chan error, 1)
	go func() { served <- s.Serve(query, game) }()
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
	log.Info("ended")
	return exitOK
}
