// Package process runs the programs of a demonstration: their output goes to files, they are asked to end and killed if
// they do not, and they never outlive the program that started them.
package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Goodbye is how long a program that was asked to end may take before it is killed, unless Options say otherwise.
const Goodbye = 3 * time.Second

// Options say how a program is started.
type Options struct {
	Name        string     // of its output's file, Name.out, and in errors
	Folder      string     // of that file
	Environment []string   // beyond this program's
	Extra       []*os.File // get the numbers from 3 on in it
	Goodbye     time.Duration
}

// Process is a program that was started.
type Process struct {
	Name string
	Out  string // the file with its stdout and stderr
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start starts a program, which is asked to end when ctx is done.
func Start(ctx context.Context, o Options, path string, arguments ...string) (*Process, error) {
	p := &Process{Name: o.Name, Out: filepath.Join(o.Folder, o.Name+".out"), done: make(chan struct{})}
	out, err := os.Create(p.Out)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p.cmd = Command(ctx, path, arguments...)
	p.cmd.Env = append(os.Environ(), o.Environment...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.ExtraFiles = o.Extra
	if o.Goodbye > 0 {
		p.cmd.WaitDelay = o.Goodbye
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", o.Name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// Command is a program, not started yet, that is asked to end when ctx is done, and killed Goodbye later. Ctrl-C in the
// terminal does not reach it: this program ends it itself, in order, and on Linux the system does should this one be
// killed.
func Command(ctx context.Context, path string, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, arguments...)
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = Goodbye
	return cmd
}

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how it ended, when Done is closed.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Ended reports whether it has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Process is the system's handle of it.
func (p *Process) Process() *os.Process { return p.cmd.Process }

// Tail is the end of a log, for a message about a failure; empty when there is none.
func Tail(path string) string {
	const most = 12
	text, err := os.ReadFile(path)
	if err != nil || len(strings.TrimSpace(string(text))) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	return fmt.Sprintf("the end of %s:\n  %s\n", path, strings.Join(lines, "\n  "))
}
