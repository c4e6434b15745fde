//! The deterministic simulation: the functions' own handlers on the store in memory, in virtual time, with a fault
//! possible at every await. One seed, one run, to the byte.
//!
//! [`executor`] is time and tasks, [`ports`] the store, network and chance with their faults, [`client`] a client after
//! the protocol's rules, [`browser`] a browser that signs in at its shop while it chats, [`run`] who talks to whom and what must hold;
//! [`email`] answers that nobody sees, [`notices`] agents who are told by mail, [`proactive`] page views, [`documents`] admins who publish.

pub mod browser;
pub mod client;
pub mod documents;
pub mod email;
pub mod executor;
pub mod mails;
pub mod notices;
pub mod ports;
pub mod proactive;
pub mod run;

/// Deliberate mistakes: each must be caught by a check, or the checks are worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// Receipts are not found again: a retry stores twice.
    ForgetsReceipts,
    /// A commit is answered as stored and is not.
    AcknowledgesBeforeStoring,
    /// Registrations take effect five seconds late: as if read first, registered second.
    RegistersLate,
    /// The registry answers nobody.
    PushesToNobody,
    /// Agents' frames go to the shopper as well.
    ShowsBackstage,
    /// Frames go to another shopper as well.
    CrossesShoppers,
    /// A closed conversation stays the shopper's open one.
    KeepsClosedOpen,
    /// A closed head reads as open.
    Reopens,
    /// A fifth of all posts is lost and answered as delivered.
    LosesPushes,
    /// The client sends without waiting for the acknowledgement.
    Pipelines,
    /// The client shows what comes and asks for nothing in between.
    IgnoresGaps,
    /// The client's heartbeat compares nothing.
    IgnoresHeartbeats,
    /// The client retries under a new id.
    RetriesUnderNewIds,
    /// A conversation that has gone along with a sign-in reads as if its new shopper had begun it.
    ForgetsOrigins,
    /// The anonymous shopper can go on beginning after the sign-in.
    LeavesTheDoorOpen,
    /// Of page views: what is shown is written over what stands there.
    ClaimsWhatIsTaken,
    /// Of page views: what could not be written, as far as is known, is shown.
    ShowsWhatIsUnknown,
    /// Of page views: that something was shown for ever, or in this visit, is not written.
    ForgetsShowings,
}

/// Those of page views: `tests/proactive.rs`.
pub const PROACTIVE_MUTANTS: [Mutant; 3] =
    [Mutant::ClaimsWhatIsTaken, Mutant::ShowsWhatIsUnknown, Mutant::ForgetsShowings];

pub const MUTANTS: [Mutant; 15] = [
    Mutant::ForgetsReceipts,
    Mutant::AcknowledgesBeforeStoring,
    Mutant::RegistersLate,
    Mutant::PushesToNobody,
    Mutant::ShowsBackstage,
    Mutant::CrossesShoppers,
    Mutant::KeepsClosedOpen,
    Mutant::Reopens,
    Mutant::LosesPushes,
    Mutant::Pipelines,
    Mutant::IgnoresGaps,
    Mutant::IgnoresHeartbeats,
    Mutant::RetriesUnderNewIds,
    Mutant::ForgetsOrigins,
    Mutant::LeavesTheDoorOpen,
];
