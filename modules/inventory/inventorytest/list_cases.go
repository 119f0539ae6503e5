package inventorytest

import (
	"slices"
	"strings"
	"testing"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/id"
)

func listLevels(w World) cases {
	return cases{
		"lists those with the fewest first, in pages": func(t *testing.T) {
			s := shop{w, t}
			part := id.New()
			for name, n := range map[string]int64{"b": 7, "a": 0, "c": 3} {
				s.count("List-"+part+"-"+name, "", n)
			}
			list := func(atMost *int64) (got []string) {
				r := &inventoryv1.ListLevelsRequest{Query: strings.ToUpper("list-" + part), AtMost: atMost, PageSize: 1}
				for {
					page, err := w.Inventory.ListLevels(t.Context(), r)
					s.works(err)
					for _, l := range page.GetLevels() {
						got = append(got, l.GetSku()[len(l.GetSku())-1:])
						if l.GetAvailable() != l.GetOnHand()-l.GetAllocated() || l.GetLocation() != "main" {
							t.Errorf("got %v, want all fields", l)
						}
					}
					if r.PageToken = page.GetNextPageToken(); r.PageToken == "" {
						return got
					}
				}
			}
			if got := list(nil); !slices.Equal(got, []string{"a", "c", "b"}) {
				t.Errorf("got %v, want a with 0, c with 3, b with 7", got)
			}
			three := int64(3)
			if got := list(&three); !slices.Equal(got, []string{"a", "c"}) {
				t.Errorf("got %v, want those with at most 3", got)
			}
			low, err := w.Inventory.ListLevels(t.Context(), &inventoryv1.ListLevelsRequest{Query: "list-" + part, Low: true})
			s.works(err)
			if low.GetLowAt() != 5 || len(low.GetLevels()) != 2 || low.GetLevels()[1].GetAvailable() != 3 {
				t.Errorf("got %v, want the two with at most the setting's 5", low)
			}
		},
		"refuses what can't be": func(t *testing.T) {
			_, err := w.Inventory.ListLevels(t.Context(), &inventoryv1.ListLevelsRequest{Query: strings.Repeat("x", 65), PageSize: 201, PageToken: "x"})
			shop{w, t}.invalid(err, "page_size", "query", "page_token")
		},
	}
}
