package wire

import "time"

// Handler does with one message's body what s does with messages of that type, at the time now. Its error says that the
// body cannot be parsed.
type Handler[S any] func(s S, now time.Time, body []byte) error

// Handlers is a receiver's table: the handler of each type, nil for a type that it leaves out. It has room for every
// type that is known and for those of kclient/wire/ext.
type Handlers[S any] [32]Handler[S]

// Of is the handler of a type; nil for one that is left out.
func (h *Handlers[S]) Of(t Type) Handler[S] {
	if int(t) >= len(h) {
		return nil
	}
	return h[t]
}

// On is the handler that parses a body and gives handle what it says.
func On[S, M any](parse func(body []byte) (M, error), handle func(s S, now time.Time, m M)) Handler[S] {
	return func(s S, now time.Time, body []byte) error {
		m, err := parse(body)
		if err != nil {
			return err
		}
		handle(s, now, m)
		return nil
	}
}
