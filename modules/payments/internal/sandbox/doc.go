// Package sandbox is a payment provider that moves no money. It plays the
// outside party: a page where the shopper pays, webhooks, and a memory of what was
// done, in tables of its own and in transactions of its own.
//
// What it does depends on the card's number, as package testcard lists: some
// cards are declined, some are paid late or lose the answer. It stores the
// behaviour, never the number.
package sandbox
