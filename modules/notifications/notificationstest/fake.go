package notificationstest

import (
	"galleria/migrations"
	"galleria/modules/notifications"
	notificationsv1 "galleria/modules/notifications/v1"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/module"
)

// Definition puts notifications without a mail server into a world: the real module,
// over a database of its own. Every mail is laid in its mailbox, and none is sent to
// anybody. It hears the events of the world's orders, and needs its settings.
func Definition() module.Definition {
	return module.Definition{
		Name:       notifications.Name,
		Contract:   &notificationsv1.NotificationsService_ServiceDesc,
		Migrations: migrations.For(notifications.Name),
		Needs:      []string{"settings"},
		Calls:      []string{settingsv1.SettingsService_GetSettings_FullMethodName},
		Hears:      Heard(),
		New: func(h module.Host) (*module.Instance, error) {
			return notifications.New(h, notifications.Needs{Settings: settingsv1.NewSettingsServiceClient(h.Need("settings"))}, notifications.DefaultConfig())
		},
	}
}
