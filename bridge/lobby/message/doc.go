// Package message holds what the lobby's page and the library say to each
// other over their WebSocket. MESSAGES.md describes the conversation.
//
// Each message is one WebSocket text message: a JSON object whose "t" names its
// type. Texts are UTF-8, with control characters removed before they are sent to
// the page; the page shows them as text and never as markup. Times are
// milliseconds since the Unix epoch, durations are milliseconds, and lists are
// never null.
//
// What it must not do: it holds no state and knows neither sockets nor
// servers.
package message
