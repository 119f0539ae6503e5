package service

import (
	"cmp"
	"context"
	"encoding/base64"
	"strings"

	"google.golang.org/grpc/codes"

	"galleria/modules/accounts/internal/account"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

const (
	mostOnPage  = 100
	usualOnPage = 50
	// mark tells this method's page tokens from others'.
	mark = "accounts:"
)

// ListAccounts implements the contract.
func (s *Service) ListAccounts(ctx context.Context, r *accountsv1.ListAccountsRequest) (*accountsv1.ListAccountsResponse, error) {
	if _, err := atLeast(ctx, account.Operator); err != nil {
		return nil, err
	}
	if n := r.GetPageSize(); n < 0 || n > mostOnPage {
		return nil, contract.Invalid(contract.Violation{Field: "page_size", Message: "must be 1 to 100, or 0 for 50"})
	}
	below := ""
	if r.GetPageToken() != "" {
		raw, err := base64.RawURLEncoding.DecodeString(r.GetPageToken())
		rest, ours := strings.CutPrefix(string(raw), mark)
		if below = rest; err != nil || !ours || len(below) != id.Length {
			return nil, contract.Error(codes.InvalidArgument, accountsv1.Reason_REASON_BAD_PAGE_TOKEN, "not a page token of this method")
		}
	}
	if query := r.GetQuery(); len(query) > 254 || strings.ContainsRune(query, 0) {
		return nil, contract.Invalid(contract.Violation{Field: "query", Message: "must be text of at most 254 characters"})
	}
	role, known := fromRole(r.GetRole())
	if !known {
		role = account.Customer
	}
	size := cmp.Or(int(r.GetPageSize()), usualOnPage)
	found, err := s.store.Page(ctx, strings.TrimSpace(r.GetQuery()), role, below, size+1)
	if err != nil {
		return nil, failed("list accounts", err)
	}
	answer := &accountsv1.ListAccountsResponse{}
	for _, a := range found[:min(size, len(found))] {
		answer.Accounts = append(answer.Accounts, toAccount(a))
	}
	if len(found) > size {
		answer.NextPageToken = base64.RawURLEncoding.EncodeToString([]byte(mark + found[size-1].ID))
	}
	return answer, nil
}
