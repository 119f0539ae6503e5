// Package notifications writes to customers about their orders and accounts.
//
// It offers notifications.v1, which shows the mails. It needs settings, for the name of
// the shop; it hears OrderPlaced, OrderShipped, OrderRefunded, OrderRefundFailed,
// OrderCancelled and OrderFailed of orders, and SignUpStarted, SignUpRepeated,
// ResetRequested, PasswordChanged, EmailChangeRequested, EmailChanged,
// SecondFactorEnabled, SecondFactorDisabled, PasskeyAdded, PasskeyRemoved and AccountDeleted
// of accounts, and emits no events. It owns the tables mails, recipients and resends.
//
// A mail's way:
//
//	event ──> queued ──taken by the mail server, or laid in the mailbox──> sent
//	           ^  │ └──refused for good (5xx, or no address at all)──> refused
//	           └──┘ not now (4xx, no connection): again after a pause that doubles;
//	                given up, which is refused as well, when it failed for give_up
//
// Staff can have a mail queued again that was sent or refused.
//
// # What always holds
//
//   - One mail per event: the event's id is unique in mails, and the row is
//     written in the transaction that records the event as handled.
//   - The letter about a cancelled order says how much goes back with the cancellation, so
//     that refund, which has the order's id, has a letter of its own only when it came
//     through after one had said that it failed. Each other refund has one.
//   - Handling an event writes that row and does nothing else. Letters are
//     written, and sent, by one background worker, under a lease; so a mail
//     server that is dead, or slow, or a letter that can't be written, delays
//     mail and nothing else.
//   - Each mail has its own backoff, and those that are due go oldest first: a
//     mail that is not taken does not stand in the way of the others.
//   - A refusal of the shop itself (login, encryption) is not one of the mail:
//     it waits until the operator has mended that.
//   - No mail waits for ever: what fails for give_up (5 days unless set), for whatever
//     reason, is given up, and so is one whose link has expired meanwhile. It counts as
//     refused, and keeps the last problem. A program that was down for longer tries a mail
//     as often as its pauses grow before it gives it up.
//   - One address gets at most most_per_hour and most_per_day mails; others wait, with
//     the reason as their problem, until it may get one more. It is counted by the
//     row of the address, so two workers can't both let out the last one.
//   - A mail that was refused or sent is sent again when staff ask for it, once per key:
//     the same letter to the same address, as another message, which no mailbox takes for a
//     duplicate. A sent one so five times at most. One whose link is good once is not sent
//     twice (whether the link was used is not known here), nor when the link has expired.
//   - A mail that was sent, refused for good or given up is deleted after keep_mails (90 days
//     unless set): it holds the customer's address and name, and the link that opens
//     the order. A queued one never is. The event of a deleted mail is not mailed
//     again: the inbox remembers it for longer than the stream can deliver it.
//   - When a customer deletes an account whose address was confirmed, the letters that were
//     sent there are deleted, too. The one that says so stays for keep_mails.
//   - Letters and their sender have the name that the staff gave the shop. It is asked for
//     when there are mails, once a second at most; while settings is away, mails go with
//     the name that was heard last, or that of the configuration.
//   - Nothing a customer typed can add a header, a recipient or markup.
//
// # Where a mail may be sent twice
//
// Exactly once is impossible over SMTP: if the process dies after the server
// took a mail and before that is written down, or the connection dies before
// the server's answer arrives, nobody can find out. The mail is then sent
// again, with the same Message-ID. See package dispatch. Staff who have it sent again mean
// another message, and it has another Message-ID and date.
//
// # Without a mail server
//
// Mails are laid in the development mailbox: marked as sent, and shown by
// ListMails and GetMail, as all mails are.
//
// # What it does not do
//
// It has no templates to edit at run time, no languages but English, no
// unsubscribing (these mails belong to a purchase), and does not receive
// bounces. The letters hold the links that open orders, and those that open
// accounts, once and for a short time. So operators see that a mail was sent, and
// only administrators and the command line what it says; the mailbox at the admin
// address and the database show all of it.
package notifications
