package app

import (
	"google.golang.org/protobuf/proto"

	"galleria/app/floorplan"
	"galleria/migrations"
	"galleria/modules/accounts"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/modules/cart"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/inventory"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/notifications"
	notificationsv1 "galleria/modules/notifications/v1"
	"galleria/modules/orders"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/modules/pricing"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/modules/settings"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/modules/webhooks"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/certs"
	"galleria/platform/module"
)

// Row is one module of the shop.
type Row struct {
	Definition module.Definition
	// Placed is its section of the configuration, for the process.
	Placed Placed
}

// Table is the table of modules: what there is, what each needs, and how each
// is made. Nothing else in the program lists them.
func Table(c Modules) []Row {
	return []Row{
		{module.Definition{
			Name: catalog.Name, Contract: &catalogv1.CatalogService_ServiceDesc,
			New: func(h module.Host) (*module.Instance, error) {
				return catalog.New(h, catalog.Needs{}, c.Catalog.Own)
			},
		}, c.Catalog.Placed},
		{module.Definition{
			Name: inventory.Name, Contract: &inventoryv1.InventoryService_ServiceDesc,
			New: func(h module.Host) (*module.Instance, error) {
				return inventory.New(h, inventory.Needs{}, c.Inventory.Own)
			},
		}, c.Inventory.Placed},
		{module.Definition{
			Name: cart.Name, Contract: &cartv1.CartService_ServiceDesc,
			Needs: []string{catalog.Name},
			Calls: []string{catalogv1.CatalogService_GetOffers_FullMethodName},
			New: func(h module.Host) (*module.Instance, error) {
				return cart.New(h, cart.Needs{
					Catalog: catalogv1.NewCatalogServiceClient(h.Need(catalog.Name)),
				}, c.Cart.Own)
			},
		}, c.Cart.Placed},
		{module.Definition{
			Name: pricing.Name, Contract: &pricingv1.PricingService_ServiceDesc,
			Needs: []string{catalog.Name},
			Calls: []string{catalogv1.CatalogService_GetOffers_FullMethodName},
			New: func(h module.Host) (*module.Instance, error) {
				return pricing.New(h, pricing.Needs{
					Catalog: catalogv1.NewCatalogServiceClient(h.Need(catalog.Name)),
				}, c.Pricing.Own)
			},
		}, c.Pricing.Placed},
		{module.Definition{
			Name: payments.Name, Contract: &paymentsv1.PaymentsService_ServiceDesc,
			New: func(h module.Host) (*module.Instance, error) {
				return payments.New(h, payments.Needs{}, c.Payments.Own)
			},
		}, c.Payments.Placed},
		{module.Definition{
			Name: orders.Name, Contract: &ordersv1.OrdersService_ServiceDesc,
			Needs: []string{inventory.Name, pricing.Name, cart.Name, payments.Name},
			Calls: []string{
				inventoryv1.InventoryService_Allocate_FullMethodName,
				inventoryv1.InventoryService_Release_FullMethodName,
				inventoryv1.InventoryService_Ship_FullMethodName,
				inventoryv1.InventoryService_Adjust_FullMethodName,
				pricingv1.PricingService_Quote_FullMethodName,
				pricingv1.PricingService_Redeem_FullMethodName,
				pricingv1.PricingService_Unredeem_FullMethodName,
				cartv1.CartService_GetCart_FullMethodName,
				cartv1.CartService_TakeItems_FullMethodName,
				paymentsv1.PaymentsService_StartPayment_FullMethodName,
				paymentsv1.PaymentsService_GetPayment_FullMethodName,
				paymentsv1.PaymentsService_CancelPayment_FullMethodName,
				paymentsv1.PaymentsService_CapturePayment_FullMethodName,
				paymentsv1.PaymentsService_RefundPayment_FullMethodName,
			},
			Hears: []proto.Message{&paymentsv1.PaymentSettled{}, &paymentsv1.PaymentRefunded{}, &paymentsv1.PaymentDisputed{}, &accountsv1.AccountDeleted{}},
			New: func(h module.Host) (*module.Instance, error) {
				return orders.New(h, orders.Needs{
					Inventory: inventoryv1.NewInventoryServiceClient(h.Need(inventory.Name)),
					Pricing:   pricingv1.NewPricingServiceClient(h.Need(pricing.Name)),
					Cart:      cartv1.NewCartServiceClient(h.Need(cart.Name)),
					Payments:  paymentsv1.NewPaymentsServiceClient(h.Need(payments.Name)),
				}, c.Orders.Own)
			},
		}, c.Orders.Placed},
		{module.Definition{
			Name: settings.Name, Contract: &settingsv1.SettingsService_ServiceDesc,
			New: func(h module.Host) (*module.Instance, error) {
				return settings.New(h, settings.Needs{}, c.Settings.Own)
			},
		}, c.Settings.Placed},
		{module.Definition{
			Name: notifications.Name, Contract: &notificationsv1.NotificationsService_ServiceDesc,
			Needs: []string{settings.Name},
			Calls: []string{settingsv1.SettingsService_GetSettings_FullMethodName},
			Hears: []proto.Message{
				&ordersv1.OrderPlaced{}, &ordersv1.OrderShipped{}, &ordersv1.OrderRefunded{}, &ordersv1.OrderRefundFailed{}, &ordersv1.OrderCancelled{}, &ordersv1.OrderFailed{},
				&accountsv1.SignUpStarted{}, &accountsv1.SignUpRepeated{}, &accountsv1.ResetRequested{}, &accountsv1.PasswordChanged{},
				&accountsv1.EmailChangeRequested{}, &accountsv1.EmailChanged{}, &accountsv1.SecondFactorEnabled{}, &accountsv1.SecondFactorDisabled{},
				&accountsv1.PasskeyAdded{}, &accountsv1.PasskeyRemoved{}, &accountsv1.AccountDeleted{},
			},
			New: func(h module.Host) (*module.Instance, error) {
				return notifications.New(h, notifications.Needs{
					Settings: settingsv1.NewSettingsServiceClient(h.Need(settings.Name)),
				}, c.Notifications.Own)
			},
		}, c.Notifications.Placed},
		{module.Definition{
			Name: accounts.Name, Contract: &accountsv1.AccountsService_ServiceDesc,
			Vouches: true,
			New: func(h module.Host) (*module.Instance, error) {
				return accounts.New(h, accounts.Needs{}, c.Accounts.Own)
			},
		}, c.Accounts.Placed},
		{module.Definition{
			Name: webhooks.Name, Contract: &webhooksv1.WebhooksService_ServiceDesc,
			Hears: []proto.Message{
				&ordersv1.OrderPlaced{}, &ordersv1.OrderShipped{}, &ordersv1.OrderRefunded{}, &ordersv1.OrderCancelled{}, &inventoryv1.StockLow{},
			},
			New: func(h module.Host) (*module.Instance, error) {
				return webhooks.New(h, webhooks.Needs{}, c.Webhooks.Own)
			},
		}, c.Webhooks.Placed},
		// make new-module adds rows above this line.
	}
}

// Operator is who the command line and the admin pages call as.
const Operator = certs.Operator

// Outside are the callers that are no modules, and what each needs.
var Outside = map[string][]string{
	// The storefront, the gateway and the console.
	TargetEdge: {catalog.Name, inventory.Name, pricing.Name, cart.Name, orders.Name, payments.Name, notifications.Name, accounts.Name, webhooks.Name, settings.Name},
	// The command line and the admin address: all who can read the data
	// directory or holds a certificate for it.
	Operator: {catalog.Name, inventory.Name, pricing.Name, orders.Name, payments.Name, notifications.Name, accounts.Name, webhooks.Name, settings.Name},
}

// OutsideCalls are the methods that those call; operators may call any.
var OutsideCalls = map[string][]string{
	TargetEdge: {
		catalogv1.CatalogService_GetOffers_FullMethodName,
		catalogv1.CatalogService_ListProducts_FullMethodName,
		catalogv1.CatalogService_GetProducts_FullMethodName,
		catalogv1.CatalogService_ListCategories_FullMethodName,
		inventoryv1.InventoryService_GetLevels_FullMethodName,
		cartv1.CartService_GetCart_FullMethodName,
		cartv1.CartService_CreateCart_FullMethodName,
		cartv1.CartService_AddItem_FullMethodName,
		cartv1.CartService_SetItem_FullMethodName,
		cartv1.CartService_SetCodes_FullMethodName,
		cartv1.CartService_SetDelivery_FullMethodName,
		cartv1.CartService_SetDestination_FullMethodName,
		ordersv1.OrdersService_PlaceOrder_FullMethodName,
		ordersv1.OrdersService_GetOrder_FullMethodName,
		ordersv1.OrdersService_GetUnpaidOrder_FullMethodName,
		ordersv1.OrdersService_ListMyOrders_FullMethodName,
		ordersv1.OrdersService_PayOrder_FullMethodName,
		ordersv1.OrdersService_CancelOrder_FullMethodName,
		pricingv1.PricingService_Quote_FullMethodName,
		paymentsv1.PaymentsService_GetSandboxSession_FullMethodName,
		paymentsv1.PaymentsService_PaySandbox_FullMethodName,
		paymentsv1.PaymentsService_AnswerSandboxConsent_FullMethodName,
		paymentsv1.PaymentsService_ReceiveWebhook_FullMethodName,
		cartv1.CartService_MergeCarts_FullMethodName,
		cartv1.CartService_SetCustomer_FullMethodName,
		settingsv1.SettingsService_GetSettings_FullMethodName,
		settingsv1.SettingsService_ChangeSettings_FullMethodName,
		accountsv1.AccountsService_SignUp_FullMethodName,
		accountsv1.AccountsService_VerifyEmail_FullMethodName,
		accountsv1.AccountsService_LogIn_FullMethodName,
		accountsv1.AccountsService_CheckSession_FullMethodName,
		accountsv1.AccountsService_LogOut_FullMethodName,
		accountsv1.AccountsService_ListSessions_FullMethodName,
		accountsv1.AccountsService_RevokeSession_FullMethodName,
		accountsv1.AccountsService_RequestReset_FullMethodName,
		accountsv1.AccountsService_ResetPassword_FullMethodName,
		accountsv1.AccountsService_ChangePassword_FullMethodName,
		accountsv1.AccountsService_StartSecondFactor_FullMethodName,
		accountsv1.AccountsService_EnableSecondFactor_FullMethodName,
		accountsv1.AccountsService_ConfirmCode_FullMethodName,
		accountsv1.AccountsService_ChangeEmail_FullMethodName,
		accountsv1.AccountsService_DisableSecondFactor_FullMethodName,
		accountsv1.AccountsService_CreateFirstAdmin_FullMethodName,
		accountsv1.AccountsService_BeginAddingPasskey_FullMethodName,
		accountsv1.AccountsService_FinishAddingPasskey_FullMethodName,
		accountsv1.AccountsService_ListPasskeys_FullMethodName,
		accountsv1.AccountsService_RemovePasskey_FullMethodName,
		accountsv1.AccountsService_BeginPasskeyLogIn_FullMethodName,
		accountsv1.AccountsService_FinishPasskeyLogIn_FullMethodName,
		accountsv1.AccountsService_BeginPasskeyConfirmation_FullMethodName,
		accountsv1.AccountsService_FinishPasskeyConfirmation_FullMethodName,
		accountsv1.AccountsService_DeleteAccount_FullMethodName,
		accountsv1.AccountsService_SetProfile_FullMethodName,
		accountsv1.AccountsService_ListAddresses_FullMethodName,
		accountsv1.AccountsService_SaveAddress_FullMethodName,
		accountsv1.AccountsService_UseAddressFirst_FullMethodName,
		accountsv1.AccountsService_DeleteAddress_FullMethodName,
		// On behalf of the staff, and of programs with an API key.
		accountsv1.AccountsService_CheckKey_FullMethodName,
		accountsv1.AccountsService_ListAccounts_FullMethodName,
		accountsv1.AccountsService_SetRole_FullMethodName,
		accountsv1.AccountsService_CreateKey_FullMethodName,
		accountsv1.AccountsService_ListKeys_FullMethodName,
		accountsv1.AccountsService_RevokeKey_FullMethodName,
		cartv1.CartService_CountCarts_FullMethodName,
		catalogv1.CatalogService_DeleteProducts_FullMethodName,
		catalogv1.CatalogService_ListAllProducts_FullMethodName,
		catalogv1.CatalogService_GetEarlierProduct_FullMethodName,
		catalogv1.CatalogService_UpsertProducts_FullMethodName,
		inventoryv1.InventoryService_Adjust_FullMethodName,
		inventoryv1.InventoryService_ListLevels_FullMethodName,
		inventoryv1.InventoryService_ListMovements_FullMethodName,
		inventoryv1.InventoryService_Receive_FullMethodName,
		notificationsv1.NotificationsService_GetMail_FullMethodName,
		notificationsv1.NotificationsService_ListMails_FullMethodName,
		notificationsv1.NotificationsService_ResendMail_FullMethodName,
		ordersv1.OrdersService_AddNote_FullMethodName,
		ordersv1.OrdersService_FindOrder_FullMethodName,
		ordersv1.OrdersService_GetTotals_FullMethodName,
		ordersv1.OrdersService_ListOrders_FullMethodName,
		ordersv1.OrdersService_RefundOrder_FullMethodName,
		ordersv1.OrdersService_ResolveAttention_FullMethodName,
		ordersv1.OrdersService_ReturnItems_FullMethodName,
		ordersv1.OrdersService_ShipOrder_FullMethodName,
		pricingv1.PricingService_EndPromotion_FullMethodName,
		pricingv1.PricingService_ListPromotions_FullMethodName,
		pricingv1.PricingService_UpsertPromotions_FullMethodName,
		pricingv1.PricingService_GetTariffs_FullMethodName,
		pricingv1.PricingService_ChangeTariffs_FullMethodName,
		pricingv1.PricingService_ResetTariffs_FullMethodName,
		pricingv1.PricingService_TryTariffs_FullMethodName,
		webhooksv1.WebhooksService_ListEndpoints_FullMethodName,
		webhooksv1.WebhooksService_AddEndpoint_FullMethodName,
		webhooksv1.WebhooksService_RemoveEndpoint_FullMethodName,
		webhooksv1.WebhooksService_ListDeliveries_FullMethodName,
		webhooksv1.WebhooksService_ResendDelivery_FullMethodName,
		webhooksv1.WebhooksService_SetActive_FullMethodName,
		webhooksv1.WebhooksService_RotateSecret_FullMethodName,
		webhooksv1.WebhooksService_SendTest_FullMethodName,
	},
}

// Definitions are the modules of the table, with their migrations.
func Definitions(c Modules) []module.Definition {
	var all []module.Definition
	for _, row := range Table(c) {
		d := row.Definition
		d.Migrations = migrations.For(d.Name)
		all = append(all, d)
	}
	return all
}

// FloorTable is what the table declares, for the picture of the house.
func FloorTable(c Modules) floorplan.Table {
	return floorplan.Table{Modules: Definitions(c), Outside: Outside, OutsideCalls: OutsideCalls}
}
