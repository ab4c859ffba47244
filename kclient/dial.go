package kclient

import (
	"context"
	"errors"

	"kbridge/kclient/guard"
	"kbridge/kclient/wire"
)

// emuLinkerUserName is the longest user name, in bytes, that EmuLinker-K takes as
// shipped (server.maxUserNameLength), one less than everybody else.
const emuLinkerUserName = 30

// Dial logs in to the server at addr (host[:port], port 27888 by default). It
// returns when the server has accepted the user and sent its lists. Errors:
// ErrServerFull, ErrVersion, *RefusedError, *TimeoutError, *ConfigError, the
// context's.
//
// An EmuLinker that refuses a name of 31 bytes is asked once more with 30 of them, from
// another socket: its answer to HELLO does not tell what it is, and a refusal's text is
// its operator's.
func Dial(ctx context.Context, addr string, cfg Config) (lobby *Lobby, err error) {
	cfg, err = cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	faults := guard.NewReporter(cfg.Logger)
	cfg.Logger = faults.Logger()
	defer guard.Catch("kclient: dial", func(f *guard.Fault) {
		faults.Report(f, "server", addr)
		lobby, err = nil, internal(f)
	})
	charset, err := wire.LookupCharset(cfg.Charset)
	if err != nil {
		return nil, err
	}
	query, err := resolve(ctx, addr)
	if err != nil {
		return nil, err
	}
	s, err := dial(ctx, query, cfg, charset, wire.MaxUserName, faults)
	var refused *RefusedError
	if errors.As(err, &refused) && s.refusedLongName() {
		s.log.Info("the server refused the login; once more with a shorter name", "bytes", emuLinkerUserName, "refusal", refused.Reason)
		again, err2 := dial(ctx, query, cfg, charset, emuLinkerUserName, faults)
		if err2 == nil || errors.As(err2, &refused) {
			s, err = again, err2
		}
	}
	if err != nil {
		return nil, err
	}
	return &Lobby{s}, nil
}

// refusedLongName reports whether the login was refused by an EmuLinker and the name is
// longer than it takes as shipped.
func (s *session) refusedLongName() bool {
	s.mu.Lock()
	defer s.release(nil)
	return s.emuLinker && len(s.login.name) > emuLinkerUserName
}
