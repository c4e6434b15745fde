//! When an agent is told by mail of somebody who waits (E3, A5).
//!
//! Whoever is at the desk sees it there; whoever is not learns of it as they have chosen: at once, in one mail with all that has waited,
//! or never. [`decide`] is given what is known of one agent and one conversation at a moment and says: now, look again then, or not at
//! all, and why. It is asked again as often as the deadline is called, so that it must not matter how often.
//!
//! The rules, in the order in which they are looked at:
//!
//! 1. Only members of the site; never of what is closed, held for its form, or answered. What belongs to an agent is no other's matter.
//! 2. What an agent has been told of, or somebody of the team has seen, needs no mail.
//! 3. A *new* conversation, in which no person has answered yet, is told after [`GRACE`] to whoever is not at the desk; a *missed*
//!    one when the wait time is over, or, with nobody online, after [`GRACE`]: it is an offline message then.
//! 4. Whoever has it open is given time.
//! 5. Of one conversation an agent is told at most once in [`BETWEEN_MAILS`], and gets at most [`PER_HOUR`] mails of all an hour.
//! 6. Digests wait for their hour, and everything for the end of the quiet hours: what has come by then is one mail.

use crate::fallback::BETWEEN_MAILS;
use crate::office_hours::{TimeOfDay, Zone};
use crate::{AgentId, ConversationId, Timestamp};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Nobody is told earlier: whoever is there answers within it.
pub const GRACE: Duration = Duration::from_secs(30);
/// Mails to one agent of one site in any hour; what is beyond goes into one mail afterwards.
pub const PER_HOUR: usize = 12;
/// Hours between digests: what an agent may choose.
pub const DIGEST_HOURS: RangeInclusive<u8> = 1..=12;
/// A conversation that has been open on a screen for so long without an answer is not being looked at.
pub const AWAY_AFTER: Duration = Duration::from_secs(60 * 60);
/// Between two looks at somebody who is at the desk, at most.
const LOOK_AGAIN: Duration = Duration::from_secs(15 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// When an agent wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    #[default]
    AtOnce,
    /// One mail with what waits: every so many hours from the shop's midnight on.
    Every {
        hours: u8,
    },
    /// Once a day, at this time of the shop's.
    Daily {
        at: TimeOfDay,
    },
    Never,
}

/// Hours in which an agent is left alone: from then until then of every day, past midnight if the end is the earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuietHours {
    from: TimeOfDay,
    until: TimeOfDay,
    zone: Zone,
}

impl QuietHours {
    /// `None` for hours without an end, and for times that no clock shows.
    #[must_use]
    pub fn new(from: TimeOfDay, until: TimeOfDay, zone: Zone) -> Option<Self> {
        let shown = from < TimeOfDay::END_OF_DAY && until < TimeOfDay::END_OF_DAY;
        (shown && from != until).then_some(Self { from, until, zone })
    }

    #[must_use]
    pub const fn from(&self) -> TimeOfDay {
        self.from
    }

    #[must_use]
    pub const fn until(&self) -> TimeOfDay {
        self.until
    }

    #[must_use]
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The first moment at `at` or after that is not quiet.
    #[must_use]
    pub fn over(&self, at: Timestamp) -> Timestamp {
        let today = self.zone.local(at).date();
        let Ok(yesterday) = today.yesterday() else { return at };
        for date in [yesterday, today] {
            let start = self.zone.first_showing(self.from.on(date));
            let ends_on = if self.from < self.until { date } else { date.tomorrow().unwrap_or(date) };
            let end = self.zone.first_showing(self.until.on(ends_on));
            if (start..end).contains(&at) {
                return end;
            }
        }
        at
    }
}

/// What an agent has chosen, at one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub when: When,
    /// Of conversations that nobody has answered yet, whether somebody is there or not.
    pub new: bool,
    /// Of whoever has waited for longer than the wait time, or wrote while nobody was there.
    pub missed: bool,
    pub quiet: Option<QuietHours>,
}

impl Default for Choice {
    /// Nobody is lost without anybody hearing of it.
    fn default() -> Self {
        Self { when: When::AtOnce, new: false, missed: true, quiet: None }
    }
}

/// An agent's choice, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notified {
    pub agent: AgentId,
    /// As the identity provider has verified it.
    pub address: String,
    pub choice: Choice,
}

/// A conversation, as of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// It is open, in the lists, and somebody waits in it since then.
    pub since: Option<Timestamp>,
    /// The number of the newest thing that the shopper has said.
    pub newest: u64,
    /// Nobody of the team has seen that.
    pub unread: bool,
    /// No person has answered in it.
    pub unanswered: bool,
    /// Whose it is, if that is a member still.
    pub owner: Option<AgentId>,
    pub anybody_online: bool,
    pub wait_time: Duration,
}

/// An agent who might be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    pub agent: AgentId,
    /// A member of the conversation's site, and not dismissed.
    pub member: bool,
    pub choice: &'a Choice,
    /// There is one, and it may be written to.
    pub address: bool,
    /// A dashboard of theirs is alive.
    pub at_desk: bool,
    /// And shows this conversation.
    pub looking: bool,
    /// How far they have been told of it, and when last.
    pub told: Option<Told>,
    /// When they were mailed, of whatever conversation.
    pub mails: &'a [Timestamp],
}

/// How far an agent has been told of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Up to this number of the thread.
    pub through: u64,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    New,
    Missed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Tell(Kind),
    Later { at: Timestamp, because: Because },
    Not(Needless),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// Somebody may answer yet.
    MayBeAnswered,
    Looking,
    BetweenMails,
    HourIsFull,
    Digest,
    Quiet,
}

impl Because {
    /// Whether what waits for this is told together with what else does.
    #[must_use]
    pub const fn gathers(self) -> bool {
        matches!(self, Self::HourIsFull | Self::Digest | Self::Quiet)
    }
}

/// Why an agent is not told, and nothing is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needless {
    NobodyWaits,
    NoMember,
    AnothersChat,
    Told,
    Seen,
    /// Not of this, or of nothing.
    NotWanted,
    NoAddress,
    /// It is on their screen, which is all that they wanted to know of what is new.
    AtDesk,
}

/// Whether one agent is told of one conversation at `now`. `shop`: in whose zone digests are.
#[must_use]
pub fn decide(w: &Waiting, a: &Candidate<'_>, shop: &Zone, now: Timestamp) -> Decision {
    let Some(since) = w.since else { return Decision::Not(Needless::NobodyWaits) };
    let needless = [
        (!a.member, Needless::NoMember),
        (w.owner.is_some_and(|owner| owner != a.agent), Needless::AnothersChat),
        (a.told.is_some_and(|told| told.through >= w.newest), Needless::Told),
        (!w.unread, Needless::Seen),
        (a.choice.when == When::Never || !(a.choice.new || a.choice.missed), Needless::NotWanted),
        (!a.address, Needless::NoAddress),
    ];
    if let Some((_, why)) = needless.into_iter().find(|(holds, _)| *holds) {
        return Decision::Not(why);
    }
    let offline = since.plus(GRACE);
    let missed = a.choice.missed.then(|| if w.anybody_online { since.plus(w.wait_time) } else { offline });
    let wants_new = a.choice.new && w.unanswered;
    let new = (wants_new && !a.at_desk).then_some(offline);
    let Some(ready) = new.into_iter().chain(missed).min() else {
        return Decision::Not(if wants_new { Needless::AtDesk } else { Needless::NotWanted });
    };
    let ready = ready.max(offline);
    let kind = if missed.is_some_and(|at| at <= now.max(ready)) { Kind::Missed } else { Kind::New };
    let waited = now.since(since);
    let looked = (a.looking && waited < AWAY_AFTER).then(|| now.plus((waited / 2).clamp(GRACE, LOOK_AGAIN)));
    let waits = [
        (Some(ready), Because::MayBeAnswered),
        (looked, Because::Looking),
        (a.told.map(|told| told.at.plus(BETWEEN_MAILS)), Because::BetweenMails),
        (slot(a.choice.when, shop, ready), Because::Digest),
        (hour_frees(a.mails, now), Because::HourIsFull),
    ];
    let later = waits
        .into_iter()
        .filter_map(|(at, because)| Some((at.filter(|at| *at > now)?, because)))
        .max_by_key(|(at, _)| *at);
    let (at, because) = later.unwrap_or((now, Because::MayBeAnswered));
    let at_peace = a.choice.quiet.as_ref().map_or(at, |quiet| quiet.over(at));
    match (at_peace > now, at_peace > at) {
        (false, _) => Decision::Tell(kind),
        (true, true) => Decision::Later { at: at_peace, because: Because::Quiet },
        (true, false) => Decision::Later { at, because },
    }
}

/// When the digest goes that holds what was ready then; `None` where there is no digest.
fn slot(when: When, shop: &Zone, ready: Timestamp) -> Option<Timestamp> {
    let every = match when {
        When::AtOnce | When::Never => return None,
        When::Daily { at } => return next_showing(&[at], shop, ready),
        When::Every { hours } => hours.clamp(*DIGEST_HOURS.start(), *DIGEST_HOURS.end()),
    };
    let times: Vec<TimeOfDay> =
        (0..24).step_by(usize::from(every)).filter_map(|hour| TimeOfDay::from_minutes(hour * 60)).collect();
    next_showing(&times, shop, ready)
}

/// The first of these times of day at `after` or later.
fn next_showing(times: &[TimeOfDay], zone: &Zone, after: Timestamp) -> Option<Timestamp> {
    let today = zone.local(after).date();
    let days = std::iter::successors(Some(today), |date| date.tomorrow().ok()).take(3);
    days.flat_map(|date| times.iter().map(move |at| zone.first_showing(at.on(date)))).find(|at| *at >= after)
}

/// When one more mail may go to an agent, if none may now.
fn hour_frees(mails: &[Timestamp], now: Timestamp) -> Option<Timestamp> {
    let mut within: Vec<Timestamp> = mails.iter().copied().filter(|at| at.plus(HOUR) > now).collect();
    within.sort_unstable();
    Some(within[within.len().checked_sub(PER_HOUR)?].plus(HOUR))
}

/// Conversations that wait for one mail, at most: what is beyond is told by its own deadline.
pub const MOST_GATHERED: usize = 50;

/// What is kept of one agent's mails at one site: who is writing one, when they went, what waits to be gathered. It is changed by one
/// at a time (`rev`), so that what an agent is told goes out one mail after another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tray {
    pub rev: u64,
    /// Who is at it, until when.
    pub held: Option<(u128, Timestamp)>,
    /// Those of the last hour, the oldest first.
    pub mails: Vec<Timestamp>,
    /// What waits, and until when.
    pub waiting: BTreeMap<ConversationId, Timestamp>,
}

impl Tray {
    /// Somebody else writes, until then.
    #[must_use]
    pub fn held_by_another(&self, by: u128, now: Timestamp) -> Option<Timestamp> {
        self.held.filter(|(holder, until)| *holder != by && *until > now).map(|(_, until)| until)
    }

    /// The tray with something more to gather; `None` where it is noted so already.
    #[must_use]
    pub fn gathering(&self, conversation: ConversationId, at: Timestamp) -> Option<Self> {
        if self.waiting.get(&conversation) == Some(&at)
            || (self.waiting.len() >= MOST_GATHERED && !self.waiting.contains_key(&conversation))
        {
            return None;
        }
        let mut waiting = self.waiting.clone();
        waiting.insert(conversation, at);
        Some(Self { rev: self.rev + 1, waiting, ..self.clone() })
    }

    #[must_use]
    pub fn taken(&self, by: u128, until: Timestamp) -> Self {
        Self { rev: self.rev + 1, held: Some((by, until)), ..self.clone() }
    }

    /// Given back: what was looked at waits no more; `mailed` if a mail went.
    #[must_use]
    pub fn returned(&self, looked_at: &[ConversationId], mailed: Option<Timestamp>) -> Self {
        let mut next = Self { rev: self.rev + 1, held: None, ..self.clone() };
        next.waiting.retain(|conversation, _| !looked_at.contains(conversation));
        if let Some(at) = mailed {
            next.mails.retain(|before| before.plus(HOUR) > at);
            next.mails.push(at);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    const ANA: AgentId = AgentId(Uuid::from_u128(1));
    const LUIS: AgentId = AgentId(Uuid::from_u128(2));
    /// Wednesday, 19 November 2025, 12:00 in Madrid.
    const NOW: Timestamp = Timestamp(1_763_550_000_000);

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(n * 60)
    }

    fn ago(n: u64) -> Timestamp {
        NOW.minus(minutes(n))
    }

    fn later(n: u64) -> Timestamp {
        NOW.plus(minutes(n))
    }

    fn madrid() -> Zone {
        Zone::named("Europe/Madrid").unwrap()
    }

    fn time(text: &str) -> TimeOfDay {
        TimeOfDay::parse(text).unwrap()
    }

    fn quiet(from: &str, until: &str, zone: &str) -> Option<QuietHours> {
        QuietHours::new(time(from), time(until), Zone::named(zone).unwrap())
    }

    /// A shopper wrote so many minutes ago; the third thing in the thread.
    fn waiting(minutes_ago: u64) -> Waiting {
        Waiting {
            since: Some(ago(minutes_ago)),
            newest: 3,
            unread: true,
            unanswered: true,
            owner: None,
            anybody_online: true,
            wait_time: minutes(3),
        }
    }

    fn ana(choice: &Choice) -> Candidate<'_> {
        Candidate {
            agent: ANA,
            member: true,
            choice,
            address: true,
            at_desk: false,
            looking: false,
            told: None,
            mails: &[],
        }
    }

    fn new() -> Choice {
        Choice { new: true, missed: false, ..Choice::default() }
    }

    fn both() -> Choice {
        Choice { new: true, ..Choice::default() }
    }

    #[track_caller]
    fn check(w: &Waiting, a: &Candidate<'_>, expect: Decision) {
        assert_eq!(decide(w, a, &madrid(), NOW), expect, "{w:?} {a:?}");
    }

    fn wait(at: Timestamp, because: Because) -> Decision {
        Decision::Later { at, because }
    }

    #[test]
    fn what_is_new_is_told_after_the_grace_and_what_is_missed_after_the_wait_time() {
        let (new, both, missed) = (new(), both(), Choice::default());
        let just = Waiting { since: Some(NOW), ..waiting(0) };
        check(&just, &ana(&new), wait(NOW.plus(GRACE), Because::MayBeAnswered));
        check(&just, &ana(&both), wait(NOW.plus(GRACE), Because::MayBeAnswered));
        check(&just, &ana(&missed), wait(later(3), Because::MayBeAnswered));
        check(&waiting(1), &ana(&new), Decision::Tell(Kind::New));
        check(&waiting(1), &ana(&both), Decision::Tell(Kind::New));
        check(&waiting(1), &ana(&missed), wait(later(2), Because::MayBeAnswered));
        check(&waiting(3), &ana(&missed), Decision::Tell(Kind::Missed));
        check(&waiting(3), &ana(&both), Decision::Tell(Kind::Missed));
        // With nobody there it is an offline message: there is nothing to wait for.
        let offline = Waiting { anybody_online: false, ..waiting(1) };
        check(&offline, &ana(&missed), Decision::Tell(Kind::Missed));
        check(&offline, &ana(&both), Decision::Tell(Kind::Missed));
        // However late: what was down for a day still owes it.
        check(&waiting(60 * 24), &ana(&missed), Decision::Tell(Kind::Missed));
        // New is what no person has answered in.
        let goes_on = Waiting { unanswered: false, ..waiting(1) };
        check(&goes_on, &ana(&new), Decision::Not(Needless::NotWanted));
        check(&goes_on, &ana(&both), wait(later(2), Because::MayBeAnswered));
        // A wait time of nothing is the grace all the same.
        let at_once = Waiting { wait_time: Duration::ZERO, ..just };
        check(&at_once, &ana(&missed), wait(NOW.plus(GRACE), Because::MayBeAnswered));
    }

    #[test]
    fn nobody_is_told_of_what_is_not_theirs_or_is_over() {
        for choice in [new(), both(), Choice::default()] {
            for minutes in [0, 5, 60 * 24] {
                let (w, a) = (waiting(minutes), ana(&choice));
                let not = |w: Waiting, a: Candidate<'_>, why| check(&w, &a, Decision::Not(why));
                // Closed, answered, held for its form: nobody waits in it.
                not(Waiting { since: None, ..w }, a, Needless::NobodyWaits);
                not(w, Candidate { member: false, ..a }, Needless::NoMember);
                not(Waiting { owner: Some(LUIS), ..w }, a, Needless::AnothersChat);
                not(Waiting { unread: false, ..w }, a, Needless::Seen);
                not(w, Candidate { address: false, ..a }, Needless::NoAddress);
                for through in [3, 4] {
                    let told = Some(Told { through, at: ago(1) });
                    not(w, Candidate { told, ..a }, Needless::Told);
                }
                let never = Choice { when: When::Never, ..choice.clone() };
                not(w, Candidate { choice: &never, ..a }, Needless::NotWanted);
                let nothing = Choice { new: false, missed: false, ..choice.clone() };
                not(w, Candidate { choice: &nothing, ..a }, Needless::NotWanted);
            }
        }
        let missed = Choice::default();
        check(&Waiting { owner: Some(ANA), ..waiting(3) }, &ana(&missed), Decision::Tell(Kind::Missed));
    }

    #[test]
    fn whoever_is_there_is_given_time_to_look() {
        let (new, both, missed) = (new(), both(), Choice::default());
        let at_desk = |choice| Candidate { at_desk: true, ..ana(choice) };
        check(&waiting(1), &at_desk(&new), Decision::Not(Needless::AtDesk));
        check(&waiting(1), &at_desk(&both), wait(later(2), Because::MayBeAnswered));
        check(&waiting(3), &at_desk(&missed), Decision::Tell(Kind::Missed));
        let looking = |choice| Candidate { looking: true, ..at_desk(choice) };
        check(&waiting(4), &looking(&missed), wait(later(2), Because::Looking));
        check(&waiting(50), &looking(&missed), wait(later(15), Because::Looking));
        check(&waiting(60), &looking(&missed), Decision::Tell(Kind::Missed));
    }

    #[test]
    fn an_agent_hears_of_a_conversation_once_in_a_quarter_of_an_hour_and_of_all_twelve_times_an_hour() {
        let missed = Choice::default();
        let told = |at| Candidate { told: Some(Told { through: 2, at: ago(at) }), ..ana(&missed) };
        check(&waiting(20), &told(10), wait(later(5), Because::BetweenMails));
        check(&waiting(20), &told(15), Decision::Tell(Kind::Missed));
        let full: Vec<Timestamp> = (1..=12).map(|n| ago(n * 4)).collect();
        let a = Candidate { mails: &full, ..ana(&missed) };
        check(&waiting(5), &a, wait(later(12), Because::HourIsFull));
        let a = Candidate { mails: &full[..11], ..ana(&missed) };
        check(&waiting(5), &a, Decision::Tell(Kind::Missed));
        assert!(Because::HourIsFull.gathers() && !Because::BetweenMails.gathers());
    }

    #[test]
    fn digests_wait_for_their_hour_in_the_shops_zone() {
        let daily = |at| Choice { when: When::Daily { at: time(at) }, ..Choice::default() };
        let every = |hours| Choice { when: When::Every { hours }, ..Choice::default() };
        let digest = |n| wait(later(n), Because::Digest);
        check(&waiting(10), &ana(&daily("18:30")), digest(6 * 60 + 30));
        check(&waiting(10), &ana(&daily("09:00")), digest(21 * 60));
        // It was ready at 11:58, and the mail of noon holds it.
        check(&waiting(5), &ana(&daily("12:00")), Decision::Tell(Kind::Missed));
        check(&waiting(2), &ana(&daily("12:00")), digest(24 * 60));
        check(&waiting(5), &ana(&every(6)), Decision::Tell(Kind::Missed));
        check(&waiting(2), &ana(&every(6)), digest(6 * 60));
        check(&waiting(2), &ana(&every(1)), digest(60));
        // Seven does not divide the day: 00:00, 07:00, 14:00, 21:00.
        check(&waiting(2), &ana(&every(7)), digest(120));
    }

    #[test]
    fn f_14_what_is_quiet_is_quiet_past_midnight_and_past_every_change_of_clocks() {
        let over = |from, until, zone: &str, at: &str, expect: &str| {
            let quiet = quiet(from, until, zone).unwrap();
            let read = |text: &str| {
                let at: jiff::Timestamp = text.parse().unwrap();
                Timestamp(u64::try_from(at.as_millisecond()).unwrap())
            };
            assert_eq!(quiet.over(read(at)), read(expect), "{from}-{until} {zone} {at}");
        };
        let madrid = "Europe/Madrid";
        // Winter: an hour ahead of UTC.
        over("22:00", "08:00", madrid, "2025-11-19T20:59:59Z", "2025-11-19T20:59:59Z");
        over("22:00", "08:00", madrid, "2025-11-19T21:00:00Z", "2025-11-20T07:00:00Z");
        over("22:00", "08:00", madrid, "2025-11-20T03:00:00Z", "2025-11-20T07:00:00Z");
        over("22:00", "08:00", madrid, "2025-11-20T07:00:00Z", "2025-11-20T07:00:00Z");
        over("13:00", "15:00", madrid, "2025-11-19T13:30:00Z", "2025-11-19T14:00:00Z");
        over("13:00", "15:00", madrid, "2025-11-19T23:30:00Z", "2025-11-19T23:30:00Z");
        over("00:00", "07:00", madrid, "2025-11-19T23:00:00Z", "2025-11-20T06:00:00Z");
        // The night in which the clocks go forward, and the one in which they go back.
        over("22:00", "08:00", madrid, "2026-03-28T21:00:00Z", "2026-03-29T06:00:00Z");
        over("22:00", "08:00", madrid, "2026-10-24T20:00:00Z", "2026-10-25T07:00:00Z");
        // Hours that the clocks skip are no hours.
        over("02:00", "02:30", madrid, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z");
        over("21:00", "06:00", "America/Lima", "2025-11-20T02:00:00Z", "2025-11-20T11:00:00Z");
        over("23:00", "22:59", madrid, "2025-11-19T21:59:00Z", "2025-11-19T21:59:00Z");
        assert_eq!(quiet("09:00", "09:00", madrid), None);
        assert_eq!(quiet("09:00", "24:00", madrid), None);
    }

    #[test]
    fn what_comes_in_quiet_hours_waits_for_their_end() {
        // Noon in Madrid is nine in the evening in Sydney and later: ten.
        let night = quiet("21:00", "07:00", "Australia/Sydney");
        let choice = Choice { quiet: night, ..Choice::default() };
        check(&waiting(5), &ana(&choice), wait(later(9 * 60), Because::Quiet));
        // What is early, or a digest, and falls into them: their end counts.
        check(&waiting(0), &ana(&choice), wait(later(9 * 60), Because::Quiet));
        let digest = Choice { when: When::Every { hours: 1 }, ..choice };
        check(&waiting(2), &ana(&digest), wait(later(9 * 60), Because::Quiet));
        let evening = Choice { quiet: quiet("13:00", "14:00", "Europe/Madrid"), ..Choice::default() };
        check(&waiting(5), &ana(&evening), Decision::Tell(Kind::Missed));
        let digest = Choice { when: When::Daily { at: time("13:30") }, ..evening };
        check(&waiting(5), &ana(&digest), wait(later(120), Because::Quiet));
        let digest = Choice { when: When::Daily { at: time("15:00") }, ..digest };
        check(&waiting(5), &ana(&digest), wait(later(180), Because::Digest));
    }

    #[test]
    fn a_tray_is_anothers_until_its_time_is_over_and_remembers_an_hour() {
        let one = ConversationId(Uuid::from_u128(1));
        let two = ConversationId(Uuid::from_u128(2));
        let tray = Tray::default().gathering(one, later(60)).unwrap();
        assert_eq!(tray.gathering(one, later(60)), None);
        let tray = tray.gathering(two, later(60)).unwrap().taken(7, later(1));
        assert_eq!(tray.held_by_another(7, NOW), None);
        assert_eq!(tray.held_by_another(8, NOW), Some(later(1)));
        assert_eq!(tray.held_by_another(8, later(1)), None);
        let tray = tray.returned(&[one], Some(NOW)).returned(&[], Some(later(30)));
        assert_eq!(tray.waiting.keys().copied().collect::<Vec<_>>(), [two]);
        assert_eq!((tray.held, tray.rev, tray.mails), (None, 5, vec![NOW, later(30)]));
        let full = (0..MOST_GATHERED).fold(Tray::default(), |tray, n| {
            tray.gathering(ConversationId(Uuid::from_u128(n as u128)), NOW).unwrap()
        });
        assert_eq!(full.gathering(ConversationId(Uuid::from_u128(9_999)), NOW), None);
    }

    fn choices() -> impl Strategy<Value = Choice> {
        let when = prop_oneof![
            Just(When::AtOnce),
            (1..=12_u8).prop_map(|hours| When::Every { hours }),
            (0..1440_u16).prop_map(|at| When::Daily { at: TimeOfDay::from_minutes(at).unwrap() }),
        ];
        let zones = prop_oneof![Just("Europe/Madrid"), Just("America/Lima"), Just("Australia/Lord_Howe")];
        let quiet =
            proptest::option::of((0..1440_u16, 0..1440_u16, zones).prop_map(|(from, until, zone)| {
                let time = |at| TimeOfDay::from_minutes(at).unwrap();
                QuietHours::new(time(from), time(until), Zone::named(zone).unwrap())
            }));
        (when, any::<bool>(), quiet).prop_map(|(when, new, quiet)| Choice {
            when,
            new,
            missed: true,
            quiet: quiet.flatten(),
        })
    }

    proptest! {
        /// Whoever waits is told of in the end, never in quiet hours, never before the grace is over, never too often.
        #[test]
        fn whoever_keeps_asking_is_told_to_tell_within_three_days(
            choice in choices(),
            // Over both changes of clocks of a year.
            start in 1_763_550_000_000_u64..1_800_000_000_000,
            written in 0..120_u64,
            online: bool,
            at_desk: bool,
            looking: bool,
            told in proptest::option::of(0..60_u64),
            mails in proptest::collection::vec(0..90_u64, 0..20),
        ) {
            let start = Timestamp(start);
            let before = |n: u64| start.minus(minutes(n));
            let mails: Vec<Timestamp> = mails.into_iter().map(before).collect();
            let w = Waiting { since: Some(before(written)), anybody_online: online, ..waiting(0) };
            let told = told.map(|at| Told { through: 1, at: before(at) });
            let a = Candidate { at_desk, looking, told, mails: &mails, ..ana(&choice) };
            let mut now = start;
            loop {
                match decide(&w, &a, &madrid(), now) {
                    Decision::Later { at, .. } => {
                        prop_assert!(at > now);
                        now = at;
                    }
                    Decision::Not(why) => prop_assert!(false, "{why:?}"),
                    Decision::Tell(kind) => {
                        prop_assert!(now >= before(written).plus(GRACE));
                        prop_assert!(kind == Kind::Missed || (choice.new && !at_desk));
                        prop_assert!(told.is_none_or(|told| told.at.plus(BETWEEN_MAILS) <= now));
                        prop_assert!(mails.iter().filter(|at| at.plus(HOUR) > now).count() < PER_HOUR);
                        if let Some(quiet) = &choice.quiet {
                            prop_assert_eq!(quiet.over(now), now);
                        }
                        break;
                    }
                }
                prop_assert!(now.since(start) < minutes(3 * 24 * 60));
            }
        }
    }
}
