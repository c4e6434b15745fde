//! Whether agents watch the visitors, what counts as having come of a trigger, and whether shoppers choose a group.

use super::FieldId;
use std::ops::RangeInclusive;

/// Days after a showing in which an event counts as having come of it.
pub const CONVERSION_DAYS: RangeInclusive<i64> = 1..=30;
/// Events that count.
pub const MAX_CONVERSION_EVENTS: usize = 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitors {
    /// Agents see who is on the shop's pages: every page view is reported then.
    pub live: bool,
    pub conversion_days: u16,
    /// By the names that the shop's pages report them under. None: nothing is counted.
    pub conversion_events: Vec<FieldId>,
    /// At the first message a shopper may say for whom it is (A4).
    pub choose_group: bool,
    /// Among the groups stands "not sure": everyone.
    pub not_sure: bool,
}

impl Default for Visitors {
    fn default() -> Self {
        let order = FieldId::parse("order").expect("an id");
        Self {
            live: false,
            conversion_days: 7,
            conversion_events: vec![order],
            choose_group: true,
            not_sure: true,
        }
    }
}
