//! The rules of Mostrador: what may happen in a conversation, who may read it, where it is listed.
//!
//! Nothing here knows AWS, the wire, the environment or the clock. Time and new ids arrive as arguments; the ports
//! ([`ports`]) say in the words of the domain what the edges must keep.

pub mod automatic;
pub mod availability;
pub mod connection;
pub mod conversation;
pub mod cursor;
pub mod deadline;
pub mod fallback;
pub mod fields;
pub mod groups;
pub mod identity;
pub mod ids;
pub mod inbound;
pub mod inbox;
pub mod intake;
pub mod mail_identity;
pub mod notification;
pub mod office_hours;
pub mod people;
pub mod picture;
pub mod ports;
pub mod proactive;
pub mod profile;
pub mod rate;
pub mod scenario;
pub mod settings;
pub mod text;
pub mod time;
pub mod triggers;
pub mod visitors;

pub use ids::{AgentId, ClientId, ConnectionId, ConversationId, IdError, ShopperId, SiteId, VisitorId};
pub use time::Timestamp;
