package guard

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Fault is a panic that was caught. As an error it is what the operation comes to that it has ended.
type Fault struct {
	Where string // what was under way, in a few words
	Value string // what was panicked with, at most maxValue bytes
	Stack string // of the goroutine, at most maxStack bytes
}

// Error says where and what, without the stack.
func (f *Fault) Error() string { return "internal error (" + f.Where + "): " + f.Value }

// Of is the fault that an error is or wraps; nil if it is none. It does not allocate for a nil error.
func Of(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	errors.As(err, &f)
	return f
}

// Bounds of what is kept of a fault, in bytes. A panic may carry anything, and a fault is written in one line of a log;
// the first 25 calls or so of a stack tell the way to it.
const (
	maxValue = 512
	maxStack = 8 << 10
)

var count atomic.Int64

// Count is how many panics were caught in this process.
func Count() int { return int(count.Load()) }

// Catch is to be deferred itself, for recover asks for that: it ends a panic and hands it to failed, which may be nil.
//
//	defer guard.Catch("server: datagram", s.failed)
//
// On a path that must not allocate, defer a method of your own instead that calls recover and, only then, [New].
func Catch(where string, failed func(*Fault)) {
	if v := recover(); v != nil {
		handle(New(where, v), failed)
	}
}

// New makes a fault of what recover returned, and counts it. It is to be called by the deferred function, while the
// stack of the panic still stands.
func New(where string, v any) *Fault {
	count.Add(1)
	stack := make([]byte, maxStack)
	stack = stack[:runtime.Stack(stack, false)]
	return &Fault{Where: where, Value: text(v), Stack: string(stack)}
}

// text is what was panicked with, cut. fmt bears values whose methods panic.
func text(v any) string {
	s := fmt.Sprint(v)
	if len(s) > maxValue {
		s = s[:maxValue]
	}
	return s
}

func handle(f *Fault, failed func(*Fault)) {
	if failed != nil {
		defer func() {
			if v := recover(); v != nil {
				count.Add(1)
			}
		}()
		failed(f)
	}
}

// Run runs f on the calling goroutine and reports whether it came to its end: false is a panic, which failed was told
// of.
func Run(where string, f func(), failed func(*Fault)) (ok bool) {
	defer Catch(where, failed)
	f()
	return true
}

// Try runs f on the calling goroutine; a panic becomes its error, a *Fault.
func Try(where string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = New(where, v)
		}
	}()
	return f()
}

// Go runs f on a goroutine of its own. After a panic failed, which may be nil, runs on it.
func Go(where string, f func(), failed func(*Fault)) {
	go func() {
		defer Catch(where, failed)
		f()
	}()
}

// GoIn is Go for a group: it is done when f is, and failed.
func GoIn(group *sync.WaitGroup, where string, f func(), failed func(*Fault)) {
	group.Go(func() {
		defer Catch(where, failed)
		f()
	})
}

// After is time.AfterFunc.
func After(d time.Duration, where string, f func(), failed func(*Fault)) *time.Timer {
	return time.AfterFunc(d, func() {
		defer Catch(where, failed)
		f()
	})
}

// WhenDone is context.AfterFunc.
func WhenDone(ctx context.Context, where string, f func(), failed func(*Fault)) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		defer Catch(where, failed)
		f()
	})
}
