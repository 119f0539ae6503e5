// Package sandbox is a payment provider that moves no money. It plays the
// outside party: it remembers what it did in tables of its own, in transactions
// of its own, and answers a repeated key with what it did the first time.
//
// What it does depends on the card's number, as package testcard lists: some
// cards are declined, some answer late or lose an answer after doing the work.
// It stores the behaviour, never the number.
//
//	(none) ──authorize──> held ──capture──> captured ──refund──> captured
//	   │         │          │
//	   │         v          v
//	   │     declined    voided
//	   └──void──────────────^      so that a late authorize holds nothing
package sandbox
