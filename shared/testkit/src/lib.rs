//! For tests: the ports in memory ([`Memory`]), time and chance that are told ([`World`]), a push that remembers
//! ([`Outbox`]), and the contract that every store must pass ([`contract`]).

pub mod contract;
mod memory;
mod outbox;
mod world;

pub use memory::Memory;
pub use outbox::Outbox;
pub use world::World;
