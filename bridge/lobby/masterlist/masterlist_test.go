package masterlist

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const raw = "Duel|10.0.0.1:27888|ann|chip8 1.0|1/2|Home &amp; away|Ulm|Maze|10.0.0.2:27889|b\xe9b|MAME|1/8|Two|Lyon|\r\n" +
	"Home &amp; away\r\n10.0.0.1:27888;3/100;1;ESF 1.0;Ulm\r\n\r\nTwo\r\n10.0.0.2:27889;0/20;0;0.86;Lyon; France\r\n"

func TestBothForms(t *testing.T) {
	servers, waiting := Parse([]byte(raw))
	require.Equal(t, []Server{
		{"Home & away", "10.0.0.1:27888", 3, 100, 1, "ESF 1.0", "Ulm"},
		{"Two", "10.0.0.2:27889", 0, 20, 0, "0.86", "Lyon; France"},
	}, servers)
	require.Equal(t, []Waiting{
		{"Duel", "10.0.0.1:27888", "ann", "chip8 1.0", "1/2", "Home & away", "Ulm"},
		{"Maze", "10.0.0.2:27889", "béb", "MAME", "1/8", "Two", "Lyon"},
	}, waiting)
}

func TestNonsenseIsLeftOut(t *testing.T) {
	servers,
		waiting := Parse([]byte("<html><body>404</body></html>\nGood\n10.0.0.1:27888;x/y\nBad port\n10.0.0.1:99999;1/2;3;4;5\n" +
		"Evil\n<script>:80;1/2;0;v;l\nNo port\n10.0.0.9;1/2\n\x1b[31mRed\n[2001:db8::1]:27888;1/2;0;v;l\na|b|c|d|e|f|g\n"))
	require.Len(t, servers, 2)
	require.Equal(t, Server{Name: "Good", Address: "10.0.0.1:27888", Users: -1, MaxUsers: -1, Games: -1}, servers[0])
	require.Equal(t, "[2001:db8::1]:27888", servers[1].Address)
	require.NotContains(t, servers[1].Name, "\x1b")
	require.Empty(t, waiting)
}

// serve answers like a web site of lists.
func serve(t *testing.T, answer http.HandlerFunc) string {
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func TestWaitingGamesAreAskedForWhereTheyAre(t *testing.T) {
	var asked []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		if strings.HasSuffix(r.URL.Path, "game_list.php") {
			fmt.Fprint(w, "Duel|10.0.0.1:27888|ann|chip8 1.0|1/2|One|Ulm|")
			return
		}
		fmt.Fprint(w, "One\n10.0.0.1:27888;3/100;1;v;Ulm\n")
	})
	l, err := (&Fetcher{}).Fetch(context.Background(), url+"/a/server_list.php")
	require.NoError(t, err)
	require.Len(t, l.Servers, 1)
	require.Len(t, l.Waiting, 1)
	_, err = (&Fetcher{}).Fetch(context.Background(), url+"/raw_server_list2.php")
	require.NoError(t, err)
	require.Equal(t, []string{"/a/server_list.php", "/a/game_list.php", "/raw_server_list2.php?version=0.9&wg=1"},
		asked)
}

func TestADeadListIsNoDeadEnd(t *testing.T) {
	folder := t.TempDir()
	how := "good"
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch how {
		case "good":
			fmt.Fprint(w, raw)
		case "error":
			w.WriteHeader(http.StatusInternalServerError)
		case "page":
			fmt.Fprint(w, "<html>We have moved</html>")
		case "endless":
			for range 100 {
				fmt.Fprint(w, strings.Repeat("x\n", 50_000))
			}
		case "circle":
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		case "cut":
			w.Header().Set("Content-Length", "100000")
			fmt.Fprint(w, raw)
		}
	}) + "/list"
	f := &Fetcher{Folder: folder}
	l, err := f.Fetch(context.Background(), url)
	require.NoError(t, err)
	require.False(t, l.Cached)
	for _, how = range []string{"error", "page", "endless", "circle", "cut"} {
		l, err := f.Fetch(context.Background(), url)
		require.Error(t, err, how)
		require.True(t, l.Cached)
		require.Len(t, l.Servers, 2, how)
		require.WithinDuration(t, time.Now(), l.At, time.Hour)
		_, err = (&Fetcher{}).Fetch(context.Background(), url)
		require.Error(t, err, how)
	}
	left, _ := os.ReadDir(folder)
	require.Len(t, left, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = f.Fetch(ctx, url)
	require.ErrorIs(t, err, context.Canceled)
	for _, bad := range []string{"", "file:///etc/passwd", "ftp://x/", "://", "http://"} {
		_, err := f.Fetch(context.Background(), bad)
		require.Error(t, err, bad)
	}
}

func TestListsAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 2 * MaxServers {
		fmt.Fprintf(&b, "s%d\n10.0.0.1:%d;1/2;0;v;%s\n", i, 1+i%60000, strings.Repeat("l", 500))
	}
	b.WriteString(strings.Repeat("g|10.0.0.1:1|u|e|1/2|s|l|", 2*MaxWaiting))
	servers, waiting := Parse([]byte(b.String()))
	require.Len(t, servers, MaxServers)
	require.Len(t, servers[0].Location, maxText)
	require.Len(t, waiting, MaxWaiting)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(raw))
	f.Add([]byte("a\nb:1;2/3\n\xff\xfe|||||||\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		servers, waiting := Parse(b)
		for _, s := range servers {
			_, ok := address(s.Address)
			require.True(t, ok)
			require.NotEmpty(t, s.Name)
		}
		for _, w := range waiting {
			require.NotEmpty(t, w.Game)
		}
	})
}
