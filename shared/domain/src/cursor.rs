//! How far each side has received and seen the thread. Cursors only move forward.

/// Positions in the thread; `seen` never passes `delivered`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    pub delivered: u64,
    pub seen: u64,
}

/// Whose cursor. All agents who have joined share one: a shopper is told that *the team* has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reader {
    Shopper,
    Team,
}

/// Both readers' cursors of one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursors {
    pub shopper: Cursor,
    pub team: Cursor,
}

impl Cursor {
    /// What a client may claim: nothing beyond the thread's last number, and what is seen has been delivered.
    #[must_use]
    pub fn claim(seen: u64, delivered: u64, last: u64) -> Self {
        let seen = seen.min(last);
        Self { seen, delivered: delivered.min(last).max(seen) }
    }

    /// Forward only, each part by itself. `None` when nothing moves.
    #[must_use]
    pub fn advance(self, to: Self) -> Option<Self> {
        let next = Self { delivered: self.delivered.max(to.delivered), seen: self.seen.max(to.seen) };
        (next != self).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cursors_move_forward_only_and_never_beyond_the_thread(
            moves in proptest::collection::vec((0u64..50, 0u64..50), 0..40), last in 0u64..40,
        ) {
            let mut cursor = Cursor::default();
            for (seen, delivered) in moves {
                let before = cursor;
                if let Some(next) = cursor.advance(Cursor::claim(seen, delivered, last)) {
                    cursor = next;
                }
                prop_assert!(cursor.seen >= before.seen && cursor.delivered >= before.delivered);
                prop_assert!(cursor.seen <= cursor.delivered && cursor.delivered <= last);
            }
        }
    }
}
