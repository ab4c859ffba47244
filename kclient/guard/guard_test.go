package guard_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/guard"
)

// Row 26: whatever is started through the guard may panic; what is to be done then is done, and its fault names value
// and place.
func TestAPanicOfWhatWasStartedIsHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := func() { panic(errors.New("out of cheese")) }
		faults := make(chan *guard.Fault, 1)
		failed := func(f *guard.Fault) { faults <- f }
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		before := guard.Count()
		for name, start := range map[string]func(){
			"Go":       func() { guard.Go("it", bad, failed) },
			"GoIn":     func() { guard.GoIn(&group, "it", bad, failed); group.Wait() },
			"After":    func() { guard.After(time.Second, "it", bad, failed) },
			"WhenDone": func() { guard.WhenDone(ctx, "it", bad, failed); cancel() },
			"Run":      func() { require.False(t, guard.Run("it", bad, failed)) },
			"Try": func() {
				var f *guard.Fault
				require.ErrorAs(t, guard.Try("it", func() error { bad(); return nil }), &f)
				faults <- f
			},
		} {
			start()
			f := <-faults
			require.Equal(t, "it", f.Where, name)
			require.Equal(t, "out of cheese", f.Value, name)
			require.Equal(t, "internal error (it): out of cheese", f.Error())
			require.Contains(t, f.Stack, "guard_test.TestAPanicOfWhatWasStartedIsHandedOver", name)
		}
		require.Equal(t, 6, guard.Count()-before)
	})
}

// Row 26: closing something that is half changed may panic again, and that ends nothing either.
func TestAPanicOfTheHandlerIsCaughtToo(t *testing.T) {
	before := guard.Count()
	done := make(chan struct{})
	guard.Go("it", func() { panic(1) }, func(*guard.Fault) { defer close(done); panic(2) })
	<-done
	guard.Run("it", func() { panic(nil) }, nil)
	synctest.Test(t, func(t *testing.T) {
		guard.Go("it", func() { panic(horrid{}) }, nil)
		synctest.Wait()
	})
	require.Eventually(t, func() bool { return guard.Count()-before == 4 }, time.Second, time.Millisecond)
}

type horrid struct{}

func (horrid) String() string { panic("no words") }

func TestAFaultIsBounded(t *testing.T) {
	var deep func(n int)
	deep = func(n int) {
		if n == 0 {
			panic(strings.Repeat("x", 1<<20))
		}
		deep(n - 1)
	}
	guard.Run("it", func() { deep(1000) }, func(f *guard.Fault) {
		require.LessOrEqual(t, len(f.Value), 512)
		require.LessOrEqual(t, len(f.Stack), 8<<10)
		require.Contains(t, f.Stack, "TestAFaultIsBounded")
	})
}

func TestNothingIsHandedOverWithoutAPanic(t *testing.T) {
	require.True(t, guard.Run("it", func() {}, func(*guard.Fault) { t.Error("no fault") }))
	no := errors.New("no")
	require.ErrorIs(t, guard.Try("it", func() error { return no }), no)
}

// Row 26: a fault that somebody can bring about at will does not fill the log, and the log says how often it was.
func TestFaultsDoNotFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := guard.NewReporter(slog.New(slog.NewTextHandler(&log, nil)))
		for range 60_000 { // a thousand a second
			guard.Run("it", func() { panic("again") }, func(f *guard.Fault) { r.Report(f, slog.String("user", "eve")) })
			time.Sleep(time.Millisecond)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		t.Logf("60,000 faults in a minute: %d lines, %d bytes", len(lines), log.Len())
		require.LessOrEqual(t, len(lines), 6)
		require.Equal(t, 60_000, r.Count())
		for _, line := range lines {
			require.Contains(t, line, `level=ERROR msg="internal error" where=it panic=again user=eve`)
		}
		require.Contains(t, lines[3], "more_since_the_last_line=")
	})
}

// Row 26: a log that panics ends nothing, and its fault is counted.
func TestALogThatPanicsIsOnlyALostLine(t *testing.T) {
	r := guard.NewReporter(slog.New(broken{}))
	log := r.Logger()
	log.Info("one")
	log.With("a", 1).WithGroup("g").Info("two")
	require.GreaterOrEqual(t, r.Count(), 4)
	require.Zero(t, guard.NewReporter(nil).Count())
}

type broken struct{}

func (broken) Enabled(context.Context, slog.Level) bool  { return true }
func (broken) Handle(context.Context, slog.Record) error { panic("no disk") }
func (broken) WithAttrs([]slog.Attr) slog.Handler        { panic("no attributes") }
func (broken) WithGroup(string) slog.Handler             { panic("no groups") }
