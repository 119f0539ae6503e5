// Package console is the pages for the staff, at /console on the edge of the main process:
// the house (the floor plan, a page for each module, traces, events and dead letters) and
// the shop (orders, products, stock, promotions, mails, customers, the API keys and webhooks of
// programs, what was sold, who changed what, and the settings: its texts, delivery and taxes).
//
// It draws what app/floorplan builds of what all processes measured. Pages are rendered
// here; a script of ours asks for them again when something was measured, and without it
// they load again by themselves; pages with forms do not. What a page does is done by the
// contracts of the modules and of the process.
//
// An administrator moves modules here: the page says what would happen, a code of the
// second factor or a passkey confirms it, and then the configuration file is edited as the command
// does (app/moving); the shop follows the file, and the page says how far it has come.
//
// To see it takes the session of an operator or administrator. When the account has a
// second factor, its code must have been given; an administrator must have one. Without a
// Staff to ask, there is no console: it answers 404. It runs in the main process only:
// others may not ask for what processes measured.
//
// The pages of the shop ask modules on behalf of the person, by the statement of the
// session: the module decides what that person may see and do. A form holds an
// idempotency key, so that sent twice it does its work once. What was changed is written
// to app/auditlog.
//
// While no page is open, the processes are asked once a minute, so that the first page
// has rates to show.
package console
