//! Clients that others wrote (`interop/`) against our verifier and our server.

mod python;

mod signatures;

mod server;

mod clients;
