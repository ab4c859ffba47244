// Package servertest starts a Kaillera server for a test the way httptest starts
// a web server: on loopback, at a free port, ended with the test.
//
//	srv := servertest.Start(t)
//	lobby, err := kclient.Dial(ctx, srv.Addr, cfg)
//
// What it must not do: it is for tests only, and it never listens on anything
// but loopback.
package servertest
