// Package certs secures what the processes of one installation say to each
// other: mutual TLS under a certificate authority of its own.
//
// The authority is made in the data directory on first use. A process that can
// read it issues its own certificate; for one that can't, on another machine,
// Issue writes the files to carry there. A certificate names the callers its
// process may speak for, as URIs caller:<name>, so that a process which runs
// one module can't pose as another. A process that passes calls on for others
// needs a certificate that speaks for them as well.
//
// Certificates are checked against the authority and not against host names:
// every holder belongs to the installation, wherever it runs today.
package certs
