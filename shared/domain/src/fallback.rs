//! When an answer that nobody has seen goes out by mail (E1, E4).
//!
//! A shopper who has left learns of an answer by mail; one who is there does not need it, and one who is mailed twice for the same
//! thing is lost. [`decide`] is given what is known at a moment and says: mail now, look again then, or be done, and why.
//! It is asked again as often as the deadline is called, so that it must not matter how often.
//!
//! The rules, in the order in which they are looked at:
//!
//! 1. What the shopper has seen, and what a mail has carried, needs no mail.
//! 2. Without an address, or with one that must not be written to, there is none to send. (An address that becomes known later arms the
//!    deadline anew.)
//! 3. Not before the merchant's delay has passed since the oldest unseen answer.
//! 4. Whoever is connected may be about to look: asked again at growing intervals, for a day. A tab that has been in the
//!    background for longer than that does not keep the mail back.
//! 5. One mail in [`BETWEEN_MAILS`] and [`PER_HOUR`] an hour in one conversation; [`COLD_PER_DAY`] a day, over all conversations, to an address
//!    that has never answered nor clicked: it may be a stranger's.

use crate::Timestamp;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How long an answer is left unseen before it is mailed: what a merchant may set.
pub const DELAY: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(60 * 60);
pub const DEFAULT_DELAY: Duration = Duration::from_secs(2 * 60);
/// Between two mails of one conversation.
pub const BETWEEN_MAILS: Duration = Duration::from_secs(15 * 60);
/// Mails of one conversation in any hour.
pub const PER_HOUR: usize = 5;
/// Mails in any day to an address that has never answered nor clicked.
pub const COLD_PER_DAY: usize = 3;
/// A shopper who has been connected for so long without looking is not there.
pub const AWAY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// Between two looks at a shopper who is connected, at most.
const LOOK_AGAIN: Duration = Duration::from_secs(60 * 60);

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An agent's message that the shopper has not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unseen {
    /// Its number in the thread.
    pub seq: u64,
    pub at: Timestamp,
}

/// Where a mail would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address<'a> {
    Unknown,
    /// It bounced for good, complained, or unsubscribed.
    Suppressed,
    /// It has answered a mail or clicked in one.
    Warm,
    /// It has never done either. `mails`: when it was written to, over all conversations.
    Cold {
        mails: &'a [Timestamp],
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation<'a> {
    pub delay: Duration,
    /// The oldest first; neither seen nor mailed.
    pub unseen: &'a [Unseen],
    /// The shopper has a live connection, whatever tab it is in.
    pub connected: bool,
    pub address: Address<'a>,
    /// When this conversation was mailed to the shopper.
    pub mails: &'a [Timestamp],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Everything unseen, up to this number of the thread.
    Mail {
        through: u64,
    },
    LookAgain {
        at: Timestamp,
        because: Waiting,
    },
    Done(Needless),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    Delay,
    Connected,
    BetweenMails,
    HourIsFull,
    AddressIsCold,
}

/// Why there is no mail, and nothing to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needless {
    NothingUnseen,
    NoAddress,
    Suppressed,
    /// The shop mails nothing.
    SwitchedOff,
}

/// Whether what is unseen is mailed at `now`.
#[must_use]
pub fn decide(s: &Situation<'_>, now: Timestamp) -> Decision {
    let (Some(oldest), Some(newest)) = (s.unseen.first(), s.unseen.last()) else {
        return Decision::Done(Needless::NothingUnseen);
    };
    let cold = match s.address {
        Address::Unknown => return Decision::Done(Needless::NoAddress),
        Address::Suppressed => return Decision::Done(Needless::Suppressed),
        Address::Warm => None,
        Address::Cold { mails } => frees(mails, COLD_PER_DAY, DAY, now),
    };
    let waited = now.since(oldest.at);
    let latest_mail = s.mails.iter().max().map(|at| at.plus(BETWEEN_MAILS));
    let waits = [
        (Some(oldest.at.plus(s.delay)), Waiting::Delay),
        // Half as long again as it has been: often at first, then hourly.
        (
            (s.connected && waited < AWAY_AFTER).then(|| now.plus((waited / 2).clamp(s.delay, LOOK_AGAIN))),
            Waiting::Connected,
        ),
        (latest_mail, Waiting::BetweenMails),
        (frees(s.mails, PER_HOUR, HOUR, now), Waiting::HourIsFull),
        (cold, Waiting::AddressIsCold),
    ];
    let waiting =
        waits.into_iter().filter_map(|(until, because)| Some((until.filter(|at| *at > now)?, because)));
    match waiting.max_by_key(|(at, _)| *at) {
        Some((at, because)) => Decision::LookAgain { at, because },
        None => Decision::Mail { through: newest.seq },
    }
}

/// Whether one more mail may go to a cold address that these went to.
#[must_use]
pub fn cold_address_is_full(mails: &[Timestamp], now: Timestamp) -> bool {
    frees(mails, COLD_PER_DAY, DAY, now).is_some()
}

/// When one more of `limit` in any `window` fits, if it does not now.
fn frees(times: &[Timestamp], limit: usize, window: Duration, now: Timestamp) -> Option<Timestamp> {
    let mut within: Vec<Timestamp> = times.iter().copied().filter(|at| at.plus(window) > now).collect();
    within.sort_unstable();
    let full = within.len().checked_sub(limit)?;
    Some(within[full].plus(window))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(n * 60)
    }

    fn ago(n: u64) -> Timestamp {
        NOW.minus(minutes(n))
    }

    fn later(n: u64) -> Timestamp {
        NOW.plus(minutes(n))
    }

    fn again(at: Timestamp, because: Waiting) -> Decision {
        Decision::LookAgain { at, because }
    }

    /// Answers 4, 5, … written so many minutes ago.
    fn check(unseen: &[u64], connected: bool, address: Address<'_>, mails: &[u64], expect: Decision) {
        let unseen: Vec<Unseen> =
            unseen.iter().enumerate().map(|(n, at)| Unseen { seq: n as u64 + 4, at: ago(*at) }).collect();
        let mails: Vec<Timestamp> = mails.iter().map(|at| ago(*at)).collect();
        let s = Situation { delay: DEFAULT_DELAY, unseen: &unseen, connected, address, mails: &mails };
        assert_eq!(decide(&s, NOW), expect, "{s:?}");
    }

    #[test]
    fn an_answer_that_nobody_has_seen_is_mailed_after_the_delay_with_all_that_came_since() {
        let mail = |through| Decision::Mail { through };
        check(&[2], false, Address::Warm, &[], mail(4));
        check(&[3, 1, 0], false, Address::Warm, &[], mail(6));
        check(&[1], false, Address::Warm, &[], again(later(1), Waiting::Delay));
        check(&[0], false, Address::Warm, &[], again(later(2), Waiting::Delay));
        check(&[2], false, Address::Cold { mails: &[] }, &[], mail(4));
        // However old: a function that was down for a day still owes it.
        check(&[60 * 24 * 3], false, Address::Warm, &[], mail(4));
    }

    #[test]
    fn what_is_seen_or_cannot_be_mailed_is_done() {
        for connected in [false, true] {
            check(&[], connected, Address::Warm, &[], Decision::Done(Needless::NothingUnseen));
            check(&[5], connected, Address::Unknown, &[], Decision::Done(Needless::NoAddress));
            check(&[5], connected, Address::Suppressed, &[], Decision::Done(Needless::Suppressed));
        }
    }

    #[test]
    fn whoever_is_connected_is_given_time_to_look_but_not_for_ever() {
        check(&[2], true, Address::Warm, &[], again(later(2), Waiting::Connected));
        check(&[10], true, Address::Warm, &[], again(later(5), Waiting::Connected));
        check(&[60 * 10], true, Address::Warm, &[], again(later(60), Waiting::Connected));
        check(&[60 * 24], true, Address::Warm, &[], Decision::Mail { through: 4 });
        check(&[10], false, Address::Warm, &[], Decision::Mail { through: 4 });
    }

    #[test]
    fn a_conversation_is_mailed_once_in_a_quarter_of_an_hour_and_five_times_an_hour() {
        check(&[5], false, Address::Warm, &[10], again(later(5), Waiting::BetweenMails));
        check(&[5], false, Address::Warm, &[15], Decision::Mail { through: 4 });
        check(&[5], false, Address::Warm, &[15, 30, 45, 50, 59], again(later(1), Waiting::HourIsFull));
        check(&[5], false, Address::Warm, &[15, 30, 45, 50, 60], Decision::Mail { through: 4 });
        // The hour is freed by its oldest, and whichever wait is longer counts.
        check(&[5], false, Address::Warm, &[14, 30, 45, 50, 55], again(later(5), Waiting::HourIsFull));
        check(&[5], false, Address::Warm, &[2, 30, 45, 50, 55], again(later(13), Waiting::BetweenMails));
    }

    #[test]
    fn a_31_an_address_that_never_answered_has_three_mails_a_day() {
        let day = |at: u64| ago(at * 60);
        let (two, three, old) = ([day(1), day(2)], [day(1), day(2), day(23)], [day(1), day(2), day(24)]);
        check(&[5], false, Address::Cold { mails: &two }, &[], Decision::Mail { through: 4 });
        check(&[5], false, Address::Cold { mails: &three }, &[], again(later(60), Waiting::AddressIsCold));
        check(&[5], false, Address::Cold { mails: &old }, &[], Decision::Mail { through: 4 });
        check(&[5], false, Address::Warm, &[], Decision::Mail { through: 4 });
    }

    fn times() -> impl Strategy<Value = Vec<Timestamp>> {
        proptest::collection::vec((0..3 * 24 * 60_u64).prop_map(ago), 0..8)
    }

    proptest! {
        /// Whatever is unseen is mailed in the end, and never more often than it may.
        #[test]
        fn whoever_keeps_asking_is_told_to_mail_within_two_days(
            unseen in proptest::collection::vec(0..3 * 24 * 60_u64, 1..6),
            connected: bool,
            cold in proptest::option::of(times()),
            mails in times(),
            delay in 1..=60_u64,
        ) {
            let mut unseen: Vec<Timestamp> = unseen.into_iter().map(ago).collect();
            unseen.sort_unstable();
            let unseen: Vec<Unseen> =
                unseen.into_iter().enumerate().map(|(n, at)| Unseen { seq: n as u64 + 1, at }).collect();
            let address = cold.as_ref().map_or(Address::Warm, |mails| Address::Cold { mails });
            let s = Situation { delay: minutes(delay), unseen: &unseen, connected, address, mails: &mails };
            let mut now = NOW;
            loop {
                match decide(&s, now) {
                    Decision::LookAgain { at, .. } => {
                        prop_assert!(at > now);
                        now = at;
                    }
                    Decision::Done(needless) => prop_assert!(false, "{needless:?}"),
                    Decision::Mail { through } => {
                        prop_assert_eq!(through, unseen.last().unwrap().seq);
                        prop_assert!(unseen[0].at.plus(s.delay) <= now);
                        prop_assert!(mails.iter().all(|at| at.plus(BETWEEN_MAILS) <= now));
                        prop_assert!(mails.iter().filter(|at| at.plus(HOUR) > now).count() < PER_HOUR);
                        break;
                    }
                }
                prop_assert!(now.since(NOW) < 2 * DAY);
            }
        }
    }
}
