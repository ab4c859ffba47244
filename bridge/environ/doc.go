// Package environ is the one table of the environment variables that the library reads: KAILLERA_SERVER and those that
// go with it, which are a player's orders (bridge/autoplay), and those that say how the library behaves. Their parsing,
// their errors and the table in the documentation come from it.
//
// A variable that is set to nothing counts as not set. A wrong value is a [*setting.Error], which names the variable,
// what it got and what it takes.
//
// # What it must not do
//
// It looks at no environment itself: whoever asks says how a variable is looked up.
package environ
