package webhook

import "net/netip"

// notPublic are the ranges that look like addresses of the internet and are none: see
// the special-purpose registries of IANA.
var notPublic = func() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8",       // this network
		"100.64.0.0/10",   // shared by customers of one provider
		"192.0.0.0/24",    // protocols
		"192.0.2.0/24",    // for documents
		"192.88.99.0/24",  // 6to4 relays, given up
		"198.18.0.0/15",   // for measuring
		"198.51.100.0/24", // for documents
		"203.0.113.0/24",  // for documents
		"240.0.0.0/4",     // reserved, and broadcast
		"2001::/23",       // protocols, Teredo among them, which hold IPv4 addresses
		"2001:db8::/32",   // for documents
		"2002::/16",       // 6to4: holds an IPv4 address
		"3fff::/20",       // for documents
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}()

// global is what of IPv6 is given out to the internet.
var global = netip.MustParsePrefix("2000::/3")

// Public tells whether an address is one of the internet, and not of this machine, of
// its network, or of a cloud's inside (such as 169.254.169.254). Services there may trust
// a request only because it comes from this machine.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.Is6() && !global.Contains(ip) {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
