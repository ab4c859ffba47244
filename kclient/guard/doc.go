// Package guard starts every goroutine and timer function of the library and of the server, so that a panic on one of
// them ends what it worked for (a session, a room, a dialog) and not the process, which is somebody else's emulator.
//
//	guard.Go("kclient: reader", s.run, func(f *guard.Fault) { s.fail(f) })
//
// A panic is caught where it happens, made a [Fault], counted, and handed to the function that knows what has to end
// now. That one may panic too, since what it works on is half changed: such a panic is caught and counted as well, and
// nothing more is done. Whoever holds a lock when it may come to a panic gives it back in a deferred function, which
// calls [Catch] first.
//
// What it cannot do: the faults of Go's runtime are not panics and end the process whatever is deferred. Those are two
// goroutines that use a map at once, the unlocking of a mutex that is not locked, all goroutines asleep, a stack that
// has outgrown its limit, and memory that the system does not give. Nor does it see goroutines that other packages
// start: those of net/http recover by themselves and tell the server's ErrorLog, which therefore never is left to its
// default, the emulator's standard error.
//
// A test over the syntax trees of the whole repository finds whatever is started without it.
package guard
