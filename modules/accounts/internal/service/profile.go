package service

import (
	"context"
	"strings"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/secret"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/personname"
)

// SetProfile implements the contract.
func (s *Service) SetProfile(ctx context.Context, r *accountsv1.SetProfileRequest) (*accountsv1.SetProfileResponse, error) {
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	a, name := found.Account, strings.TrimSpace(r.GetName())
	if name != "" {
		if err := personname.Check(name); err != nil {
			return nil, invalid([]account.Problem{{Field: "name", Message: err.Error()}})
		}
	}
	if err := s.store.SetName(ctx, a.ID, name); err != nil {
		return nil, failed("set the name of account "+a.ID, err)
	}
	a.Name = name
	return &accountsv1.SetProfileResponse{Account: toAccount(a)}, nil
}

// ListAddresses implements the contract.
func (s *Service) ListAddresses(ctx context.Context, r *accountsv1.ListAddressesRequest) (*accountsv1.ListAddressesResponse, error) {
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	all, err := s.store.Addresses(ctx, found.Account.ID)
	if err != nil {
		return nil, failed("list addresses of account "+found.Account.ID, err)
	}
	answer := &accountsv1.ListAddressesResponse{}
	for _, a := range all {
		answer.Addresses = append(answer.Addresses, toAddress(a))
	}
	return answer, nil
}

// SaveAddress implements the contract.
func (s *Service) SaveAddress(ctx context.Context, r *accountsv1.SaveAddressRequest) (*accountsv1.SaveAddressResponse, error) {
	address, problems := account.NewAddress(fromAddress(r.GetAddress()))
	if address.ID == "" {
		problems = append(problems, checkKey(r.GetIdempotencyKey())...)
	}
	if len(problems) > 0 {
		return nil, invalid(problems)
	}
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	owner := found.Account.ID
	if address.ID != "" {
		err = s.store.ChangeAddress(ctx, owner, address)
	} else {
		address.ID = secret.Digest(s.tokens.Of("address", owner, r.GetIdempotencyKey()))[:32]
		err = s.store.AddAddress(ctx, owner, address)
	}
	if err != nil {
		return nil, failed("save an address of account "+owner, err)
	}
	return &accountsv1.SaveAddressResponse{Address: toAddress(address)}, nil
}

// UseAddressFirst implements the contract.
func (s *Service) UseAddressFirst(ctx context.Context, r *accountsv1.UseAddressFirstRequest) (*accountsv1.UseAddressFirstResponse, error) {
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	if err := s.store.UseAddressFirst(ctx, found.Account.ID, r.GetId()); err != nil {
		return nil, failed("use an address of account "+found.Account.ID+" first", err)
	}
	return &accountsv1.UseAddressFirstResponse{}, nil
}

// DeleteAddress implements the contract.
func (s *Service) DeleteAddress(ctx context.Context, r *accountsv1.DeleteAddressRequest) (*accountsv1.DeleteAddressResponse, error) {
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	if err := s.store.DeleteAddress(ctx, found.Account.ID, r.GetId()); err != nil {
		return nil, failed("delete an address of account "+found.Account.ID, err)
	}
	return &accountsv1.DeleteAddressResponse{}, nil
}

func toAddress(a account.Address) *accountsv1.Address {
	return &accountsv1.Address{
		Id: a.ID, Name: a.Name, Line1: a.Line1, Line2: a.Line2, City: a.City, Region: a.Region, PostalCode: a.PostalCode, Country: a.Country,
	}
}

func fromAddress(a *accountsv1.Address) account.Address {
	return account.Address{
		ID: a.GetId(), Name: a.GetName(), Line1: a.GetLine1(), Line2: a.GetLine2(), City: a.GetCity(), Region: a.GetRegion(),
		PostalCode: a.GetPostalCode(), Country: a.GetCountry(),
	}
}
