package storefront

import "net/http"

// Everything a page needs comes from the shop itself, and no script or style
// stands in the page. Data blocks (schema.org) are not scripts and need no
// exception. A form may lead on to the payment provider's page.
const pagePolicy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self' https://checkout.stripe.com; frame-ancestors 'none'"

// A picture opened by itself is a document: it may do nothing but show.
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

// always are the headers of every answer. The slices are shared by all of
// them; net/http only reads them.
var always = []struct {
	name   string
	values []string
}{
	{"Content-Security-Policy", []string{pagePolicy}},
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"X-Frame-Options", []string{"DENY"}},
	// The address of an order's page holds its token: no other site learns
	// where a visitor came from. Not no-referrer: browsers then send the
	// origin of our own forms as "null", which looks like a foreign post.
	{"Referrer-Policy", []string{"same-origin"}},
	{"Permissions-Policy", []string{"camera=(), geolocation=(), microphone=(), browsing-topics=()"}},
	{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
}

// secureOnly mean nothing over plain HTTP, where browsers warn about them.
var secureOnly = []struct {
	name   string
	values []string
}{
	{"Strict-Transport-Security", []string{"max-age=31536000"}},
	{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
}

func (s *Storefront) setHeaders(h http.Header, secure bool) {
	for i := range always {
		h[always[i].name] = always[i].values
	}
	if secure {
		for i := range secureOnly {
			h[secureOnly[i].name] = secureOnly[i].values
		}
	}
}
