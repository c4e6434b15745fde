//! People at the real product: clients that speak the wire and nothing else, for tests against the local platform.
//!
//! [`people`] are accounts (a shopper's browser, an agent's sign-in), a [`line::Line`] is one connection, a
//! [`device::Device`] a client that heals: outbox, gaps, heartbeats, reconnects, as `web/protocol` does it; a [`page::Page`] is one
//! of the shop's, that reports.
#![expect(clippy::disallowed_methods, reason = "tests against real processes run on the real clock")]

pub mod device;
pub mod healing;
pub mod letters;
pub mod line;
pub mod page;
pub mod people;
pub mod stack;
pub mod table;
