package kclient

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// emuLinkerUserName is the longest user name, in bytes, that EmuLinker-K takes as
// shipped (server.maxUserNameLength), one less than everybody else.
const emuLinkerUserName = 30

// Dial logs in to the server at addr (host[:port], port 27888 by default; see text.ParseAddress). It
// returns when the server has accepted the user and sent its lists. Errors:
// ErrServerFull, ErrVersion, *RefusedError, *TimeoutError, *NotListeningError, *UnansweredError, *ConfigError,
// *CharsetError (of the user name), the context's.
//
// The addresses of a name that has several are asked one after the other, those of IPv4 first, 3 s each and within
// Config.HelloTimeout, until a server answers at one of them; what that says is final.
//
// An EmuLinker that refuses a name of 31 bytes is asked once more with 30 of them, from
// another socket: its answer to HELLO does not tell what it is, and a refusal's text is
// its operator's.
func Dial(ctx context.Context, addr string, cfg Config) (lobby *Client, err error) {
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
	charset, err := text.LookupCharset(cfg.Charset)
	if err != nil {
		return nil, err
	}
	if _, err := toWire(charset, "user name", cfg.User, wire.MaxUserName); err != nil {
		return nil, err
	}
	servers, err := resolve(ctx, addr, cfg.Lookup)
	if err != nil {
		return nil, err
	}
	var s *session
	var query netip.AddrPort
	err = eachAddress(addr, servers, cfg.HelloTimeout, func(server netip.AddrPort, timeout time.Duration) (err error) {
		query = server
		if len(servers) > 1 {
			cfg.Logger.Info("asking one address of the server", "address", server.String(), "of", len(servers))
		}
		once := cfg
		once.HelloTimeout = timeout
		s, err = dial(ctx, query, once, charset, wire.MaxUserName, faults)
		return err
	})
	var refused *RefusedError
	if errors.As(err, &refused) && s != nil && s.refusedLongName() {
		s.log.Info("the server refused the login; once more with a shorter name", "bytes", emuLinkerUserName, "refusal",
			refused.Reason)
		again, err2 := dial(ctx, query, cfg, charset, emuLinkerUserName, faults)
		if err2 == nil || errors.As(err2, &refused) {
			s, err = again, err2
		}
	}
	if err != nil {
		return nil, err
	}
	return &Client{s}, nil
}

// refusedLongName reports whether the login was refused by an EmuLinker and the name is
// longer than it takes as shipped.
func (s *session) refusedLongName() bool {
	s.mu.Lock()
	defer s.release(nil)
	return s.emuLinker && len(s.login.name) > emuLinkerUserName
}
