package storefront

import (
	"context"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"galleria/app/shopinfo"
	"galleria/app/storefront/internal/page"
	catalogv1 "galleria/modules/catalog/v1"
)

func (s *Storefront) home(c echo.Context) error { return s.kept(c, "home", s.composeHome) }

func (s *Storefront) composeHome(ctx context.Context, currency string) (sketch, error) {
	departments, err := s.departments(ctx)
	if err != nil {
		return sketch{}, err
	}
	newest, err := s.Catalog.ListProducts(ctx, &catalogv1.ListProductsRequest{PageSize: 100})
	if err != nil {
		return sketch{}, err
	}
	shop := s.info.Info()
	h := page.Home{Frame: s.frame("Good things, well made", departments), Headline: shop.Headline, Welcome: shop.Welcome}
	h.Currencies = s.currencies(currency)
	if shop.Headline != shopinfo.DefaultHeadline {
		h.Frame.Title = strings.TrimRight(shop.Headline, ".")
	} else {
		h.Eyebrow = "One roof, many small shops"
	}
	h.Canonical = s.base + "/"
	h.Description = shop.Name + ": " + shop.About
	h.Data = schema(s.organization(), s.website())
	s.hang(&h, newest.GetProducts(), currency)
	return sketch{draw: func() templ.Component { return page.HomePage(h) }}, nil
}

// hang chooses what stands where, from the newest products: the new things
// from as many departments as can be, and other things in the arcade and over
// the departments' doors, so that nothing hangs twice where there is enough.
func (s *Storefront) hang(h *page.Home, newest []*catalogv1.Product, currency string) {
	byDepartment := map[string][]*catalogv1.Product{}
	for _, p := range newest {
		byDepartment[p.GetCategory()] = append(byDepartment[p.GetCategory()], p)
	}
	turn := func(round, most int) (chosen []*catalogv1.Product) {
		for _, d := range h.Departments {
			if all := byDepartment[d.Slug]; len(all) > 0 && len(chosen) < most {
				chosen = append(chosen, all[round%len(all)])
			}
		}
		return chosen
	}
	h.Arcade = s.cards(turn(1, 3), currency)
	fresh := turn(0, 8)
	for _, p := range newest {
		if len(fresh) >= 8 {
			break
		}
		if byDepartment[p.GetCategory()][0] != p {
			fresh = append(fresh, p)
		}
	}
	h.New = s.cards(fresh, currency)

	doors := append([]page.Department(nil), h.Departments...)
	for i, d := range doors {
		if all := byDepartment[d.Slug]; len(all) > 0 {
			doors[i].Picture = s.card(all[2%len(all)], currency).Picture
		} else {
			doors[i].Picture = s.gallery.of(d.Slug+".svg", d.Slug)
		}
	}
	h.Doors = doors
}
