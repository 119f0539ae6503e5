package product

import (
	"math"
	"regexp"
	"strings"
	"unicode"
)

// Unplaced is the position of categories nobody placed: behind those somebody
// did, by name among themselves.
const Unplaced = 1000

var categoryPattern = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// Category groups products.
type Category struct {
	slug, name, intro string
	position          int32
	withdrawn         bool
}

// NewCategory checks what somebody says of a category.
func NewCategory(slug, name, intro string, position int32, withdrawn bool) (Category, []Problem) {
	name, intro = strings.TrimSpace(name), strings.TrimSpace(intro)
	var found problems
	found.when(!categoryPattern.MatchString(slug), "slug", "has 1 to 64 lower-case letters, digits and '-'")
	found.text("name", name, 1, 200, false)
	found.text("intro", intro, 0, 500, true)
	if len(found) > 0 {
		return Category{}, found
	}
	return Category{slug: slug, name: name, intro: intro, position: position, withdrawn: withdrawn}, nil
}

// Unnamed is the category made for a product that stands in one nobody
// described: garden-tools becomes "Garden Tools".
func Unnamed(slug string) Category {
	words := strings.FieldsFunc(slug, func(r rune) bool { return r == '-' })
	for i, word := range words {
		words[i] = string(unicode.ToUpper(rune(word[0]))) + word[1:]
	}
	name := strings.Join(words, " ")
	if name == "" {
		name = slug
	}
	return Category{slug: slug, name: name, position: Unplaced}
}

// RestoreCategory is a category as it was stored.
func RestoreCategory(slug, name, intro string, position int64, withdrawn bool) Category {
	return Category{
		slug: slug, name: name, intro: intro, position: int32(min(max(position, math.MinInt32), math.MaxInt32)), withdrawn: withdrawn,
	}
}

// Slug is the category's identity and its place in addresses.
func (c Category) Slug() string { return c.slug }

// Name is what shoppers call it.
func (c Category) Name() string { return c.name }

// Intro is one sentence for the head of its page.
func (c Category) Intro() string { return c.intro }

// Position orders categories, lower first.
func (c Category) Position() int32 { return c.position }

// Withdrawn tells whether it is kept from shoppers. Its products are not.
func (c Category) Withdrawn() bool { return c.withdrawn }
