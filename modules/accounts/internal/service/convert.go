package service

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
)

func toAccount(a account.Account) *accountsv1.Account {
	return &accountsv1.Account{
		Id: a.ID, Email: a.Email, Name: a.Name, Verified: !a.Verified.IsZero(), Roles: a.Role.Includes(),
		SecondFactor: a.HasSecondFactor(), CreatedAt: stamp(a.Created),
	}
}

func toKey(k store.Key) *accountsv1.Key {
	return &accountsv1.Key{
		Id: k.ID, Name: k.Name, Beginning: k.Beginning, Scopes: k.Scopes, CreatedAt: stamp(k.Created), CreatedBy: k.CreatedBy, UsedAt: stamp(k.Used),
	}
}

func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// fromRole reads a role; false: there is no such one.
func fromRole(r accountsv1.Role) (account.Role, bool) {
	switch r {
	case accountsv1.Role_ROLE_CUSTOMER:
		return account.Customer, true
	case accountsv1.Role_ROLE_OPERATOR:
		return account.Operator, true
	case accountsv1.Role_ROLE_ADMIN:
		return account.Admin, true
	}
	return "", false
}

// shown is text of a visitor as it can be kept and shown: one line, and not too long.
func shown(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	letters := []rune(text)
	return string(letters[:min(len(letters), most)])
}
