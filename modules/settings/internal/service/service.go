// Package service implements the contract of settings.
package service

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/settings/internal/shop"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/access"
	"galleria/platform/contract"
	"galleria/platform/identity"
)

// Store keeps the settings.
type Store interface {
	// Version is that of the settings; 0: there are none.
	Version(ctx context.Context) (int64, error)
	// Get gets the settings; empty ones in version 0 when none were made.
	Get(ctx context.Context) (shop.Settings, error)
	// Change replaces the settings, if they are in this version, and gives the new one.
	// The same settings again change nothing. shop.ErrChangedMeanwhile: they are in another.
	Change(ctx context.Context, to shop.Settings, seen int64) (version int64, err error)
}

// Service implements the contract. Safe for concurrent use.
type Service struct {
	settingsv1.UnimplementedSettingsServiceServer
	store Store
}

// New makes the service.
func New(store Store) *Service { return &Service{store: store} }

// GetSettings implements the contract.
func (s *Service) GetSettings(ctx context.Context, r *settingsv1.GetSettingsRequest) (*settingsv1.GetSettingsResponse, error) {
	if r.GetKnownVersion() > 0 {
		version, err := s.store.Version(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for newer settings: %w", err)
		}
		if version == r.GetKnownVersion() {
			return &settingsv1.GetSettingsResponse{Version: version}, nil
		}
	}
	got, err := s.store.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("get the settings: %w", err)
	}
	answer := &settingsv1.GetSettingsResponse{Settings: toSettings(got), Version: got.Version}
	if got.Version > 0 {
		answer.ChangedAt = timestamppb.New(got.ChangedAt)
	}
	return answer, nil
}

// ChangeSettings implements the contract.
func (s *Service) ChangeSettings(ctx context.Context, r *settingsv1.ChangeSettingsRequest) (*settingsv1.ChangeSettingsResponse, error) {
	if err := access.Role(ctx, settingsv1.Reason_REASON_NOT_ALLOWED, identity.Admin); err != nil {
		return nil, err
	}
	to := fromSettings(r.GetSettings())
	if problems := to.Check(); len(problems) > 0 {
		return nil, invalid("settings.", problems)
	}
	version, err := s.store.Change(ctx, to, r.GetSeenVersion())
	if errors.Is(err, shop.ErrChangedMeanwhile) {
		return nil, contract.Error(codes.FailedPrecondition, settingsv1.Reason_REASON_CHANGED_MEANWHILE, "%v; get them, and change those", err)
	}
	if err != nil {
		return nil, fmt.Errorf("change the settings: %w", err)
	}
	return &settingsv1.ChangeSettingsResponse{Version: version}, nil
}
