package edge

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/labstack/echo/v4"
)

// Visitors tells of each request who sent it and how: proxies of ours are believed,
// others are not.
type Visitors struct {
	proxies []netip.Prefix
	secure  bool // whatever a request says
	ids     requestIDs
	log     *slog.Logger
	warned  atomic.Bool // of a proxy that is none of ours
}

// RequestID is the id of a request: a new one, or what a proxy of ours gave it.
func (v *Visitors) RequestID(r *http.Request) string {
	v.warnOfProxy(r)
	if len(v.proxies) > 0 {
		if given := r.Header.Get("X-Request-Id"); v.trusted(r) && saneID.MatchString(given) {
			return given
		}
	}
	return v.ids.next()
}

// warnOfProxy says once that a proxy of this machine is not believed: all its visitors are
// then one client, of this machine.
func (v *Visitors) warnOfProxy(r *http.Request) {
	if v.warned.Load() || r.Header.Get("X-Forwarded-For") == "" || v.trusted(r) {
		return
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err == nil && peer.Addr().Unmap().IsLoopback() && !v.warned.Swap(true) {
		v.log.Warn("a proxy on this machine is not among http.trusted_proxies: its visitors count as one client, that of this machine", "proxy", peer.Addr().Unmap().String())
	}
}

// Secure tells whether the visitor speaks HTTPS: with us, with a proxy of ours, or
// because that is how the shop is known, whatever a proxy forgot to say.
func (v *Visitors) Secure(r *http.Request) bool {
	if v.secure || r.TLS != nil {
		return true
	}
	return len(v.proxies) > 0 && r.Header.Get("X-Forwarded-Proto") == "https" && v.trusted(r)
}

// IPExtractor must be set: echo's own choice believes any X-Forwarded-For.
func (v *Visitors) IPExtractor() echo.IPExtractor {
	if len(v.proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range v.proxies {
		p = p.Masked()
		trust = append(trust, echo.TrustIPRange(&net.IPNet{
			IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
		}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// trusted tells whether the request came straight from a proxy of ours.
func (v *Visitors) trusted(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, p := range v.proxies {
		if p.Contains(peer.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// ClientOf is the address of the request's client, behind proxies of ours. echo has
// the IPExtractor of Visitors.
func ClientOf(c echo.Context) netip.Addr {
	// An address that can't be read has no limits: it is no client of the network.
	address, _ := netip.ParseAddr(c.RealIP())
	return address
}

// NetworkOf names who asks: the network address, of IPv6 the part that belongs to
// one household.
func NetworkOf(c echo.Context) string {
	at := ClientOf(c).Unmap()
	if at.Is6() {
		net, err := at.WithZone("").Prefix(64)
		if err != nil {
			return ""
		}
		return net.String()
	}
	if !at.IsValid() {
		return ""
	}
	return at.String()
}

// DeviceOf is what the program that asks calls itself, as far as it is text.
func DeviceOf(r *http.Request) string { return strings.ToValidUTF8(r.UserAgent(), "") }

var saneID = regexp.MustCompile(`^[A-Za-z0-9_.:-]{8,64}$`)

// requestIDs makes ids that are unique without being secret, cheaply: they are
// made for every request.
type requestIDs struct {
	prefix string
	last   *atomic.Uint64
}

func newRequestIDs() requestIDs {
	var b [6]byte
	rand.Read(b[:])
	return requestIDs{prefix: hex.EncodeToString(b[:]) + "-", last: &atomic.Uint64{}}
}

func (i requestIDs) next() string { return i.prefix + strconv.FormatUint(i.last.Add(1), 36) }

func isHTTPS(address string) bool { return strings.HasPrefix(address, "https:") }
