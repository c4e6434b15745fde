//! The shop speaks first: what is remembered of a visitor ([`visit`]), what was shown to somebody and what came of it ([`showing`]).
//!
//! Which trigger fires is [`crate::triggers`]'; nothing here decides.

pub mod showing;
pub mod visit;

pub use showing::{
    Claiming, Credit, Day, Fact, Opens, Owner, Results, SHOWING_LIFE, Showing, Speaker, TRIAL_LIFE, Trial,
};
pub use visit::{BETWEEN_VISITS, Known, Remembered, Seen, VISITOR_LIFE};
