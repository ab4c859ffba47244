// Package text is what both ends know about text: the charsets of the wire and the way to UTF-8 and back, composed
// letters, control characters, when two names are one, and the one parser of host:port.
//
// # Charsets
//
// Every string in a message of kclient/wire holds the raw bytes of the wire. A [Charset] turns them into UTF-8 and back
// without losing any that it does not know. [Sanitise] belongs between text from the wire and any user interface or
// log, and [Shown] makes it fit for people's eyes. What people write goes through [Compose] before it is encoded, since
// a Mac writes letters and their marks apart; [Charset.Unsayable] finds what a charset does not have.
//
// # Names
//
// Users are one where their [NameKey] is: it is made of the bytes of the wire, never of decoded text.
//
// # Addresses
//
// [ParseAddress] and [ParseListen] read what people and lists write; nothing else in this module takes an
// address apart. An [AddressError] names the character that is wrong.
//
// All functions may be called from several goroutines at once. The package does no I/O, and resolves no name.
package text
