package product

import (
	"slices"
	"time"
)

// maxFormer bounds how many former slugs a product keeps: the oldest go first.
const maxFormer = 20

// Made is the product as it is stored the first time.
func (p Product) Made(id, slug string, born int64, at time.Time) Product {
	p.facts.ID, p.facts.Slug = id, slug
	p.born, p.created, p.former = born, at, nil
	return p
}

// Replacing is the product in the place of an older state of it: its id and age
// stay, and a slug that it gives up becomes a former one.
func (p Product) Replacing(old *Product, slug string) Product {
	p.facts.ID, p.facts.Slug = old.facts.ID, slug
	p.born, p.created, p.former = old.born, old.created, old.former
	if slug == old.facts.Slug {
		return p
	}
	p = p.WithoutFormer(slug)
	p.former = append(slices.Clip(p.former), old.facts.Slug)
	if over := len(p.former) - maxFormer; over > 0 {
		p.former = p.former[over:]
	}
	return p
}

// WithoutFormer is the product without a former slug, which another one has now.
func (p Product) WithoutFormer(slug string) Product {
	p.former = slices.DeleteFunc(slices.Clone(p.former), func(s string) bool { return s == slug })
	if len(p.former) == 0 {
		p.former = nil
	}
	return p
}

// Withdrawn is the product, no longer sold.
func (p Product) Withdrawn() Product {
	p.facts.Active = false
	return p
}
