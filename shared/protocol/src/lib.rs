//! The wire, version 1: frames of the WebSocket ([`client`], [`server`]), bodies of the HTTP API ([`http`]), error
//! codes ([`error`]). Everything else about the wire is generated from here: `web/protocol/src/generated`, the
//! AsyncAPI and OpenAPI documents and `docs/PROTOCOL.md`; a test fails when they are stale.

pub mod client;
pub mod convert;
pub mod documents;
pub mod error;
pub mod generate;
pub mod groups;
pub mod http;
pub mod proactive;
pub mod scenarios;
pub mod server;
pub mod settings;
pub mod stored;
mod templates;
pub mod triggers;
pub mod visitors;
mod wire;

pub use client::{ClientFrame, Command};
pub use error::{ErrorCode, ParseError};
pub use server::ServerFrame;

/// The version that clients name at the handshake, `?v=1`.
pub const VERSION: u32 = 1;
/// Bytes of a client's frame. API Gateway closes the connection with 1009 above 32 KB; a client checks this first.
pub const MAX_FRAME_BYTES: usize = 24 * 1024;
/// Bytes of a server's frame: a page of entries is cut before it.
pub const MAX_PAGE_BYTES: usize = 30 * 1024;
/// Conversations in one `hello`.
pub const MAX_HELLO_CONVERSATIONS: usize = 20;
/// Questions of the FAQs that a conversation begins with.
pub const MAX_FAQS: usize = 20;
