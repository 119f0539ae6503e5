// Package accounts knows the customers and the staff: who they are, and what lets them
// in.
//
// It offers accounts.v1, calls no module, and emits SignUpStarted, SignUpRepeated,
// ResetRequested, PasswordChanged, EmailChangeRequested, EmailChanged,
// SecondFactorEnabled, SecondFactorDisabled, PasskeyAdded, PasskeyRemoved and
// AccountDeleted, from which notifications makes mails. It owns
// the tables accounts, sessions, given_sessions, links, recovery_codes, passkeys, used_challenges, tries,
// known_clients, api_keys, addresses, first_admin, token_secret and signing_keys. It is the module that vouches: it makes the statements of
// platform/identity, by which all others know for which person or program a call is made.
//
//	e-mail, password, code ──LogIn──> session ──CheckSession──> statement ──> calls
//	passkey ──────FinishPasskeyLogIn──────^
//	                                  API key ──CheckKey──────> statement ──> calls
//
// What wants the second factor anew in a session is confirmed by a code (ConfirmCode) or by
// a passkey (FinishPasskeyConfirmation).
//
// # What always holds
//
//   - Nothing is kept with which a person could log in: passwords are hashed with argon2id; tokens of
//     sessions, mailed links, recovery codes and API keys by SHA-256, for they have 256
//     random bits, recovery codes 125. The seeds that
//     sign statements are kept: who reads this database can act as anybody until the
//     key is replaced.
//   - There is one key that signs. It is replaced after a time, or by command, while
//     statements by it and by the next one are believed in every process. A key that may
//     have been stolen is replaced within seconds. See internal/signing.
//   - A mailed link is good once, and for a limited time; a newer one replaces it. Its
//     token stands in the event that has it mailed, and nowhere else.
//   - An account comes into being when its sign-up's link is followed, with the password
//     of that sign-up. So nobody can prepare an account for another one's address, and
//     an address is always verified, except those that operators made at the command
//     line, and that of the first administrator.
//   - Whether an address has an account can't be found out: signing up and logging in do
//     the same work and answer the same.
//   - A try counts before it is made, for the account and for the client. The pause grows
//     with failures and ends; nobody is locked out. Tries at a client from which the
//     account was logged in to in the last 90 days are counted apart, so strangers can't
//     make a person wait there.
//   - So many passwords are hashed at once, and so many wait; others are told to come
//     back.
//   - A code of the second factor is good once.
//   - Of a passkey only the public half is kept. It is for the host of the configured
//     address, and its authenticator must have checked who uses it, so that it counts as
//     both factors. A challenge is good once, for five minutes, for one ceremony of one
//     session or browser, and not stored before.
//   - A second factor is added with the password and one of those that are there: the
//     password alone must not become both factors. Codes are switched off with a passkey,
//     where there are some, and passkeys removed with a code: what stays has been seen to
//     work. See confirmedBy in internal/service.
//   - An administrator who gave neither a code nor a passkey in a session has the rights
//     of a customer in it.
//   - The first administrator can be made by a link that the shop prints when it starts
//     without one: good once, for two hours, and refused as soon as there is one.
//   - There is always an administrator, once there was one.
//
// # What it keeps in memory
//
// When sessions and keys were used, for at most 20 seconds; a process that dies forgets
// that. The keys that sign, read again every two to five seconds. The list of common passwords, some 0.5 MB, from the first password that is
// checked on.
//
// # What it deliberately does not do
//
// It keeps no carts and no orders: it makes the id of an account's cart, and cart keeps
// what is in it. A person who deletes the account is forgotten here; orders find a person
// by the verified address only, so they know of no account, and an account's cart ends by
// age. It asks no module what a person bought. It knows no other ways in than a password
// with a second factor, passkeys, and API keys.
package accounts
