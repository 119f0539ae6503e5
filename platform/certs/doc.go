// Package certs secures what the processes of one installation say to each
// other: mutual TLS under a certificate authority of its own.
//
// The authority is made in the data directory on first use. A process that can
// read it issues its own certificate; for one that can't, on another machine,
// Issue writes the files to carry there. A certificate is an X.509-SVID with two
// things in it that programs in other languages can check as well:
//
//   - a SPIFFE id, spiffe://<trust domain>/process/<caller>/<caller>…, names the
//     callers its process may speak for; spiffe://<trust domain>/main speaks for
//     all. The trust domain is the installation's, and outlives its authorities.
//   - a DNS name <module>.module.internal for each module the process may
//     serve, and *.module.internal for all. A client expects that name of the
//     server, as it would of any TLS server; process.internal is in every
//     certificate, for questions that no module answers.
//
// A process that passes calls on for others needs a certificate that speaks for
// them as well. Certificates are checked against the authority and not against
// host names: every holder belongs to the installation, wherever it runs today.
//
// What a certificate may do ends with it: Identity cuts a connection when the
// time of the other's certificate is over, when it is revoked and when its
// authority is trusted no more. Rotate replaces the authority in three steps,
// and Revoke takes back a certificate.
package certs
