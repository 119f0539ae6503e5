package service

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"

	"galleria/modules/cart/internal/cart"
	cartv1 "galleria/modules/cart/v1"
	"galleria/platform/access"
	"galleria/platform/contract"
	"galleria/platform/identity"
)

// orders is the module that takes what was bought out of carts.
const orders = "orders"

// notAllowed is the reason of calls that are refused because of who makes them.
const notAllowed = cartv1.Reason_REASON_NOT_ALLOWED

// person is who is logged in and makes the call; "": a guest, or a program.
func person(ctx context.Context) string {
	if who, known := identity.From(ctx); known && who.IsPerson() {
		return who.Subject
	}
	return ""
}

// opens refuses a call on behalf of a person for carts that are another customer's. For
// all others knowing the id is enough, so that a cart of a guest costs no look at it.
func (s *Service) opens(ctx context.Context, carts ...string) error {
	who := person(ctx)
	if who == "" || access.IsCaller(ctx) {
		return nil
	}
	for _, id := range carts {
		c, err := s.store.Load(ctx, id)
		if err != nil {
			return fmt.Errorf("see whose cart it is: %w", err)
		}
		if err := isTheirs(c, who); err != nil {
			return err
		}
	}
	return nil
}

func isTheirs(c cart.Cart, who string) error {
	if c.Customer != "" && c.Customer != who {
		return anothers()
	}
	return nil
}

// mayHave refuses to make a cart that of a customer when another person asks. was is whose
// it may be already; nil: anybody's. The store looks at that in the step that writes.
func mayHave(ctx context.Context, customer string) (was *string, err error) {
	who := person(ctx)
	switch {
	case access.IsCaller(ctx):
		return nil, nil
	case who == "" && customer == "":
		return nil, anothers() // a guest does not take from customers what is theirs
	case who != "" && customer != "" && customer != who:
		return nil, anothers()
	case who == "":
		who = customer // as when that one logs in: the call is made for nobody yet
	}
	return &who, nil
}

// mayMerge refuses to put a customer's cart into another customer's.
func (s *Service) mayMerge(ctx context.Context, from, into string) error {
	if err := s.opens(ctx, from, into); err != nil || access.IsCaller(ctx) {
		return err
	}
	a, err := s.store.Load(ctx, from)
	if err != nil {
		return fmt.Errorf("see whose cart it is: %w", err)
	}
	b, err := s.store.Load(ctx, into)
	if err != nil {
		return fmt.Errorf("see whose cart it is: %w", err)
	}
	if a.Customer != "" && b.Customer != "" {
		return isTheirs(a, b.Customer)
	}
	return nil
}

func anothers() error {
	return contract.Error(codes.PermissionDenied, notAllowed, "the cart is another customer's; make a new one")
}
