package notificationstest

import (
	"galleria/migrations"
	"galleria/modules/notifications"
	notificationsv1 "galleria/modules/notifications/v1"
	"galleria/platform/module"
)

// Definition puts notifications without a mail server into a world: the real module,
// over a database of its own. Every mail is laid in its mailbox, and none is sent to
// anybody. It hears the events of the world's orders.
func Definition() module.Definition {
	return module.Definition{
		Name:       notifications.Name,
		Contract:   &notificationsv1.NotificationsService_ServiceDesc,
		Migrations: migrations.For(notifications.Name),
		Hears:      Heard(),
		New: func(h module.Host) (*module.Instance, error) {
			return notifications.New(h, notifications.Needs{}, notifications.DefaultConfig())
		},
	}
}
