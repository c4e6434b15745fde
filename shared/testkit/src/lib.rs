//! For tests: the ports in memory ([`Memory`]), time and chance that are told ([`World`]), a push that remembers
//! ([`Outbox`]), a queue of deadlines ([`Calls`]), mails and files ([`Bucket`]), the shop that they are about ([`shop`]), what was parked ([`Lot`]) or handed over to be mailed ([`Handed`]), and the contract that every store must pass ([`contract`]).

mod bucket;
mod calls;
pub mod contract;
mod handed;
mod lot;
mod memory;
mod outbox;
pub mod shop;
mod visits;
mod world;

pub use bucket::Bucket;
pub use calls::Calls;
pub use handed::Handed;
pub use lot::Lot;
pub use memory::Memory;
pub use outbox::Outbox;
pub use world::World;
