package storefront_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestWhoSendsTooMuchHearsIt also when all of it is sent before the answer is
// listened to, as simple clients do.
func TestWhoSendsTooMuchHearsIt(t *testing.T) {
	server := httptest.NewServer(newShop(t).front)
	defer server.Close()
	const length = 30 << 20
	announced := fmt.Sprintf("Content-Length: %d\r\n", length)
	for _, c := range []struct {
		name, path, header string
		body               io.Reader
		status             int
	}{
		{"a form", "/cart/items", announced, letters(length), http.StatusRequestEntityTooLarge},
		{
			"a form of unknown length", "/checkout", "Transfer-Encoding: chunked\r\n",
			io.MultiReader(strings.NewReader(fmt.Sprintf("%x\r\n", length)), letters(length), strings.NewReader("\r\n0\r\n\r\n")),
			http.StatusRequestEntityTooLarge,
		},
		{"another site's form", "/checkout", announced + "Sec-Fetch-Site: cross-site\r\n", letters(length), http.StatusForbidden},
		{"one who asks first", "/cart/items", announced + "Expect: 100-continue\r\n", letters(0), http.StatusRequestEntityTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil { // or a test that fails would hang
				t.Fatal(err)
			}
			_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: shop\r\nContent-Type: application/x-www-form-urlencoded\r\n%s\r\n", c.path, c.header)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(conn, c.body); err != nil {
				t.Fatalf("the connection ended after %d of %d bytes: %v", n, length, err)
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			page, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != c.status || !strings.Contains(string(page), "</html>") {
				t.Errorf("got status %d, error %v and %.200q…; want %d and a page", answer.StatusCode, err, page, c.status)
			}
		})
	}
}

func letters(n int64) io.Reader { return io.LimitReader(endless{}, n) }

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}
