package wire

import "encoding/binary"

// MessageHeaderSize is what a message costs in a bundle beside its body, in
// bytes: u16 seq, u16 length, u8 type.
const MessageHeaderSize = 5

// BundleHeaderSize is what a bundle costs beside its messages, in bytes: the
// u8 count.
const BundleHeaderSize = 1

// Message is one numbered message of a bundle. Body aliases the datagram it
// was parsed from and is valid only as long as that buffer is unchanged.
type Message struct {
	Seq  uint16
	Type Type
	Body []byte
}

// ParseBundle appends the messages of one datagram to dst, in the order in
// which they stand on the wire (newest first), and returns the result. It does
// not allocate when dst has room for MaxBundle messages.
//
// A datagram is taken whole or refused whole: with an error, dst comes back
// as it was. ErrBundleCount: the count is 0 or above MaxBundle. ErrLength: a
// message says that it is 0 bytes long (the length counts the type byte).
// ErrShort: a header or a body runs past the end. Bytes after the last message
// are ignored. The bodies alias datagram.
//
// This is what a server takes: clients are not known to miscount, so a datagram that
// is too short for its count is malformed. A client uses ParseServerBundle.
func ParseBundle(datagram []byte, dst []Message) ([]Message, error) {
	out, err := parseBundle(datagram, dst)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// ParseServerBundle is ParseBundle for a client: EmuLinkerSF leaves out the messages
// that do not fit its buffer of 2,048 bytes but still counts them, so a datagram that
// ends early is taken as far as its messages are complete. One without any complete
// message is refused with ErrShort, and a message of length 0 with ErrLength as ever.
func ParseServerBundle(datagram []byte, dst []Message) ([]Message, error) {
	out, err := parseBundle(datagram, dst)
	if err == nil || err == ErrShort && len(out) > len(dst) {
		return out, nil
	}
	return dst, err
}

// parseBundle returns the messages before the fault, with the fault.
func parseBundle(datagram []byte, dst []Message) ([]Message, error) {
	if len(datagram) == 0 {
		return dst, ErrShort
	}
	count := int(datagram[0])
	if count == 0 || count > MaxBundle {
		return dst, ErrBundleCount
	}
	rest := datagram[BundleHeaderSize:]
	out := dst
	for range count {
		if len(rest) < MessageHeaderSize-1 {
			return out, ErrShort
		}
		seq := binary.LittleEndian.Uint16(rest)
		n := int(binary.LittleEndian.Uint16(rest[2:]))
		rest = rest[4:]
		if n == 0 {
			return out, ErrLength
		}
		if n > len(rest) {
			return out, ErrShort
		}
		// The capacity ends with the body, so that an append to it cannot
		// write over the next message.
		out = append(out, Message{Seq: seq, Type: Type(rest[0]), Body: rest[1:n:n]})
		rest = rest[n:]
	}
	return out, nil
}

// AppendBundleHeader starts a bundle of count messages. A sender that learns
// the count last may pass 0 and overwrite the byte. It panics when count is
// not within 0..MaxBundle, which no input from outside can cause.
func AppendBundleHeader(b []byte, count int) []byte {
	if count < 0 || count > MaxBundle {
		panic("wire: bundle count out of range")
	}
	return append(b, byte(count))
}

// AppendMessage appends one message. body is copied. It panics when body is
// longer than MaxBody, since the u16 length could not say so; the AppendTo
// methods of this package never produce such a body.
func AppendMessage(b []byte, seq uint16, t Type, body []byte) []byte {
	if len(body) > MaxBody {
		panic("wire: body longer than MaxBody")
	}
	n := len(body) + 1
	b = append(b, byte(seq), byte(seq>>8), byte(n), byte(n>>8), byte(t))
	return append(b, body...)
}
