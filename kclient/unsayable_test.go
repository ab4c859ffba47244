package kclient_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// What the session's charset does not have is not sent as something else: the error names the character.
func TestWhatTheCharsetLacksIsAnErrorAndNotSent(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		s.hello = nil
		_, err := s.dial(func(c *kclient.Config) { c.User = "an鵺" })
		require.Equal(t, &kclient.CharsetError{What: "user name", Text: "an鵺", Char: '鵺', Charset: "windows-1252"}, err)
		require.ErrorContains(t, err,
			`the user name "an鵺" has the character '鵺' (U+9D7A), which the charset windows-1252 does not have`)
		_, err = s.dial(func(c *kclient.Config) { c.User, c.Charset = "é", "shift_jis" })
		require.Equal(t, &kclient.CharsetError{What: "user name", Text: "é", Char: 'é', Charset: "shift_jis"}, err)

		s.hello = wire.AppendHelloReply(nil, 27888)
		l := s.login()
		r := s.room(l)
		said := len(s.got)
		lacks := func(err error, what, text string, char rune) {
			t.Helper()
			require.Equal(t, &kclient.CharsetError{What: what, Text: text, Char: char, Charset: "windows-1252"}, err)
		}
		lacks(l.Chat("к"), "line of chat", "к", 'к')
		lacks(r.Chat("a 🎮 b"), "line of chat", "a 🎮 b", '🎮')
		_, err = l.Create(context.Background(), "ドンキー")
		lacks(err, "game's name", "ドンキー", 'ド')
		require.ErrorIs(t, l.Private(9, "к"), kclient.ErrNoPrivate)
		s.serve(time.Second)
		require.Len(t, s.got, said, "nothing was sent")
		require.NoError(t, r.Chat("né – ok"))
		s.serve(time.Second)
		require.Greater(t, len(s.got), said)
		lacks(l.Quit("до свидания"), "quit message", "до свидания", 'д')
		require.ErrorIs(t, l.Err(), kclient.ErrClosed)
	})
}

// What somebody has written on a Mac is on the wire what everybody else's is.
func TestWhatIsWrittenOnAMacIsComposed(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		const text = "Pokémon 한국 ガ"
		mac := norm.NFD.String(text)
		result := make(chan *kclient.Client)
		go func() {
			l, err := s.dial(func(c *kclient.Config) {
				c.User, c.Charset, c.Emulator = norm.NFD.String("Zoë"), "utf-8",
					mac
			})
			require.NoError(t, err)
			result <- l
		}()
		s.serve(50 * time.Millisecond)
		login, err := wire.ParseLoginRequest(s.last(wire.TypeLogin))
		require.NoError(t, err)
		require.Equal(t, "Zoë", login.User)
		require.Equal(t, text, login.Emulator)
		s.say(wire.TypeServerStatus, wire.ServerStatus{}.AppendTo(nil))
		s.say(wire.TypeUserJoined, wire.UserJoined{User: "Zoë", UserID: 7, Connection: 1}.AppendTo(nil))
		l := <-result
		require.NoError(t, l.Chat(mac))
		go l.Create(context.Background(), mac)
		s.serve(50 * time.Millisecond)
		chat, err := wire.ParseChatRequest(s.last(wire.TypeGlobalChat))
		require.NoError(t, err)
		require.Equal(t, text, chat.Text)
		create, err := wire.ParseCreateRequest(s.last(wire.TypeCreateGame))
		require.NoError(t, err)
		require.Equal(t, text, create.Game)
	})
}
