// Package autoplay is the user interface without a user: it takes its orders
// from the environment, plays one game, and closes the dialog.
//
// They are the variables of bridge/environ: KAILLERA_SERVER, without which there is no dialog, and those that go with
// it. A wrong value ends the dialog with a [*setting.Error], which names the variable, what it got and what it takes.
//
// # What it must not do
//
// It asks nobody anything, and prints nothing: what happens is in the log.
package autoplay
