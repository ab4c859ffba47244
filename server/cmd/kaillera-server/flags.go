package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"

	"kbridge/kclient/setting"
	"kbridge/server"
)

// parseFlags reads and checks the flags. Errors name the flag, what it got and
// what it takes; help goes to out.
func parseFlags(args []string, out io.Writer) (options, error) {
	var o options
	set := flag.NewFlagSet("kaillera-server", flag.ContinueOnError)
	set.SetOutput(io.Discard) // the error is enough, without the help below it
	set.Usage = func() {}
	addFlags(set, sockets, &o)
	addFlags(set, server.Settings(), &o.config)
	addFlags(set, logging, &o)
	addFlags(set, questions, &o)

	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, "kaillera-server runs a Kaillera server until Ctrl-C.\n\nFlags:\n", setting.Flags(flagList()))
	}
	if err == nil && set.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q: only flags are taken", set.Arg(0))
	}
	return o, err
}

// addFlags sets the defaults of a table, and makes a flag of every row.
func addFlags[S any](set *flag.FlagSet, table []setting.Setting[S], to *S) {
	for _, s := range table {
		s.Reset(to)
		add := set.Func
		if s.Describe().Value == "" {
			add = set.BoolFunc
		}
		add(s.Describe().Name, "", func(text string) error {
			var wrong *setting.Error
			if err := s.Set(to, text); errors.As(err, &wrong) {
				// The flag package says which flag it was, and what it got.
				return fmt.Errorf("it takes %s", wrong.Takes)
			}
			return nil
		})
	}
}

func (o options) handler(out io.Writer) slog.Handler {
	h := &slog.HandlerOptions{Level: o.level}
	if o.json {
		return slog.NewJSONHandler(out, h)
	}
	return slog.NewTextHandler(out, h)
}
