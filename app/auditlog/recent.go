package auditlog

// mostRecent is how many requests are known. A repeat comes soon after the first.
const mostRecent = 10_000

// recent knows the requests that were noted last.
type recent struct {
	known map[string]bool
	order []string
}

// isNew tells whether a request was not asked about before, and knows it from then on.
func (r *recent) isNew(request string) bool {
	if request == "" {
		return true
	}
	if r.known[request] {
		return false
	}
	if r.known == nil {
		r.known = map[string]bool{}
	}
	if len(r.order) == mostRecent {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
	r.known[request] = true
	r.order = append(r.order, request)
	return true
}
