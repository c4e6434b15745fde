//! The use cases that the functions share: load → decide → commit → acknowledge → push, over the domain's ports.
//!
//! ws-message and http-api are two doors to the same [`Engine`]; whatever else will append to a conversation (replies
//! by mail, automatic answers) comes through here as well, so that there is one path to a conversation's logs.
//! It knows no AWS and no clock: time, chance, storage and pushes are ports.

mod agents;
mod automatic;
mod availability;
mod command;
mod documents;
mod failure;
mod fallback;
mod fan_out;
mod files;
mod greeting;
mod history;
pub mod identity;
mod identity_keys;
pub mod inbound;
mod inbox;
mod intake;
mod letter;
mod mail_setup;
mod notices;
mod presence;
pub mod proactive;
mod profile;
mod resume;
mod scenario;
mod scenario_trial;
mod secret;
mod session;
mod settings;
mod sign_in;
mod transcripts;
mod unsubscribe;
mod visibility;
mod visitors;

pub use agents::Deactivated;
pub use automatic::{Called, Reacted};
pub use availability::{Pictures, availability};
pub use command::{Before, Performed, Wish};
pub use documents::Kept;
pub use failure::Failure;
pub use fallback::{FellBack, MailRoom, address_hash, reference};
pub use inbox::{LOOKED_THROUGH, ListPage, Move};
pub use mail_setup::{MailIdentity, MailReach, Tested};
pub use notices::AgentsTold;
pub use resume::Resumed;
pub use secret::Secret;
pub use session::{NewSession, SESSION_LIFE};
pub use settings::{Configured, HISTORY_PAGE};
pub use sign_in::{Opened, VERIFIED_SESSION_LIFE};
pub use transcripts::{TranscriptTo, TranscriptsSent};
pub use visitors::{Sighted, Watches};

use domain::ports::{Environment, Push, Store};

/// Everything that a use case needs. `epoch` names the data set: it changes when a backup is restored.
#[derive(Debug, Clone)]
pub struct Engine<S, P, E> {
    pub store: S,
    pub push: P,
    pub env: E,
    pub epoch: String,
    /// What this process remembers for some seconds: see [`availability`](mod@availability).
    pub pictures: Pictures,
    /// And who looks at lists of visitors.
    pub watches: Watches,
    /// Triggers, groups and scenarios by their version, ready to be used.
    pub kept: Kept,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    pub fn new(store: S, push: P, env: E, epoch: String) -> Self {
        Self {
            store,
            push,
            env,
            epoch,
            pictures: Pictures::default(),
            watches: Watches::default(),
            kept: Kept::default(),
        }
    }
}
