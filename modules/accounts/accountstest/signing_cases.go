package accountstest

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	accountsv1 "galleria/modules/accounts/v1"
)

func (w World) signingKeys(t *testing.T) []*accountsv1.SigningKey {
	t.Helper()
	listed, err := w.Operator.ListSigningKeys(t.Context(), &accountsv1.ListSigningKeysRequest{})
	if err != nil || len(listed.GetKeys()) == 0 {
		t.Fatalf("got %v and error %v, want keys", listed, err)
	}
	return listed.GetKeys()
}

func (w World) listSigningKeysCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"tells which key signs": func(t *testing.T) {
			signing := 0
			for _, k := range w.signingKeys(t) {
				if k.GetSigns() {
					signing++
				}
				if len(k.GetName()) != 16 || k.GetCreatedBy() == "" || k.GetCreatedAt() == nil || k.GetSignsFrom() == nil {
					t.Errorf("got %v, want its name, when and by whom it was made, and from when on it signs", k)
				}
			}
			if signing != 1 {
				t.Errorf("%d keys sign, want 1", signing)
			}
		},
		"is for administrators": func(t *testing.T) {
			_, err := w.Accounts.ListSigningKeys(w.as(t, w.logIn(t, w.person(t, accountsv1.Role_ROLE_OPERATOR))), &accountsv1.ListSigningKeysRequest{})
			wantReason(t, "as an operator", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
		},
	}
}

func (w World) replaceSigningKeyCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"makes one key that signs later, and leaves statements and sessions good": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_OPERATOR))
			before := w.as(t, session)
			old := w.signingKeys(t)
			newest := old[len(old)-1]
			var made []*accountsv1.SigningKey
			for range 2 {
				answer, err := w.Operator.ReplaceSigningKey(t.Context(), &accountsv1.ReplaceSigningKeyRequest{Number: newest.GetNumber()})
				if err != nil {
					t.Fatalf("replace key %d: %v", newest.GetNumber(), err)
				}
				made = append(made, answer.GetKey())
			}
			if !proto.Equal(made[0], made[1]) || made[0].GetNumber() != newest.GetNumber()+1 || made[0].GetCreatedBy() != "operator" || made[0].GetSigns() {
				t.Errorf("got %v and, repeated, %v, want one key, which does not sign yet", made[0], made[1])
			}
			now := w.signingKeys(t)
			if len(now) != len(old)+1 || !proto.Equal(now[len(old)], made[0]) {
				t.Fatalf("got %v, want one more than %v", now, old)
			}
			if end := now[len(old)-1].GetBelievedUntil().AsTime(); end.Sub(made[0].GetSignsFrom().AsTime()) < 5*time.Minute {
				t.Errorf("the old key is believed until %s, want 5 minutes longer than it signs, until %s", end, made[0].GetSignsFrom().AsTime())
			}
			if _, err := w.Accounts.ListAccounts(before, &accountsv1.ListAccountsRequest{PageSize: 1}); err != nil {
				t.Errorf("a statement from before: %v", err)
			}
			if _, err := w.Accounts.ListAccounts(w.as(t, session), &accountsv1.ListAccountsRequest{PageSize: 1}); err != nil {
				t.Errorf("a session from before: %v", err)
			}
			_, err := w.Operator.ReplaceSigningKey(t.Context(), &accountsv1.ReplaceSigningKeyRequest{Number: newest.GetNumber(), AtOnce: true})
			wantReason(t, "at once, of a key that is followed", err, codes.FailedPrecondition, accountsv1.Reason_REASON_NOT_NEWEST_KEY)
			_, err = w.Operator.ReplaceSigningKey(t.Context(), &accountsv1.ReplaceSigningKeyRequest{Number: newest.GetNumber() + 7})
			wantReason(t, "of a key that is not there", err, codes.FailedPrecondition, accountsv1.Reason_REASON_NOT_NEWEST_KEY)
		},
		"names the bad field": func(t *testing.T) {
			_, err := w.Operator.ReplaceSigningKey(t.Context(), &accountsv1.ReplaceSigningKeyRequest{})
			wantViolation(t, "no number", err, "number")
		},
		"is for administrators": func(t *testing.T) {
			_, err := w.Accounts.ReplaceSigningKey(w.as(t, w.logIn(t, w.person(t, accountsv1.Role_ROLE_OPERATOR))), &accountsv1.ReplaceSigningKeyRequest{Number: 1})
			wantReason(t, "as an operator", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
		},
	}
}
