// Package settings keeps what the staff say of the shop while it runs: its name and
// texts, its logo, the texts that the law wants, where it sends to, and in which currencies
// it sells.
//
// It offers settingsv1.SettingsService, calls no other module, emits no events, and owns its table
// settings. Who shows the settings keeps them, asks now and then for a newer version, and
// goes on with what it has while this module is away.
//
// # Invariants
//
//   - Settings that the contract forbids are not stored.
//   - A change is made to the version that its author has seen, or not at all.
//
// # What it deliberately does not do
//
// It keeps no history: who changed what is in the audit log. It does not know the caller's
// defaults: an empty field stands for them. It reads no picture: who shows the logo looks
// at it.
package settings
