//! Who reports, as far as they agreed to be remembered.
//!
//! A visitor's token is the visitor's id and 128 random bits of ours: the id is what agents know them by, and opens nothing. Of whoever does
//! not agree there is nobody here, whatever token came along.

use super::{Context, Reporter};
use crate::{Engine, Failure, secret};
use domain::ports::{Environment, Push, Store};
use domain::proactive::{Known, Remembered, Seen};
use domain::rate::{NEW_VISITORS_PER_ADDRESS, REPORTS, Verdict};
use domain::triggers::shown::Mark;
use domain::triggers::{PageId, VisitId};
use domain::{Timestamp, VisitorId};
use protocol::proactive::{PageHappening, PageReport};
use uuid::Uuid;

/// Tries of a visitor whose tabs report at once.
const MOST_OVERTAKEN: u32 = 5;
/// A page that stays open says so; noted when the last that was noted is this old.
const NOTED: std::time::Duration = std::time::Duration::from_secs(10 * 60);
const PREFIX: &str = "vst_";

#[derive(Clone)]
pub(super) enum Who {
    Visitor {
        known: Box<Known>,
        /// The token, where it is new.
        fresh: Option<String>,
    },
    /// Nothing is stored of them; marks of this page alone.
    Nobody { marks: Vec<(Mark, Timestamp)> },
}

impl Who {
    pub fn visitor(&self) -> Option<&Remembered> {
        match self {
            Self::Visitor { known, .. } => Some(&known.visitor),
            Self::Nobody { .. } => None,
        }
    }

    pub fn fresh_token(&self) -> Option<String> {
        match self {
            Self::Visitor { fresh, .. } => fresh.clone(),
            Self::Nobody { .. } => None,
        }
    }

    pub fn note(&mut self, mark: Mark, at: Timestamp) {
        let marks = match self {
            Self::Visitor { known, .. } => &mut known.marks,
            Self::Nobody { marks } => marks,
        };
        marks.push((mark, at));
    }
}

fn read_token(token: &str) -> Option<VisitorId> {
    let digits = token.strip_prefix(PREFIX)?;
    let written = digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    Uuid::try_parse(written.then(|| &digits[..32])?).ok().map(VisitorId)
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// `None`: nobody who is known, and nothing is begun by what they report.
    pub(super) async fn recognise(
        &self,
        from: &Reporter,
        report: &PageReport,
        decides: bool,
        now: Timestamp,
    ) -> Result<Option<Who>, Failure> {
        if !report.remember {
            self.count_page(from, now).await?;
            // What would stop it is found when it is claimed.
            return Ok(Some(Who::Nobody { marks: Vec::new() }));
        }
        if let Some(known) = self.known(from, report).await? {
            // What costs nothing is counted with the address; everything else with the visitor.
            if !decides {
                self.count_page(from, now).await?;
            }
            return Ok(Some(Who::Visitor { known: Box::new(known), fresh: None }));
        }
        self.count_page(from, now).await?;
        if !decides {
            return Ok(None);
        }
        let counted = self.store.count(NEW_VISITORS_PER_ADDRESS, &from.address, now).await?;
        counted.map_err(|retry_after| Failure::RateLimited { retry_after })?;
        let id = VisitorId(uuid::Builder::from_random_bytes(self.env.random().to_be_bytes()).into_uuid());
        let token = format!("{PREFIX}{}{:032x}", id.0.simple(), self.env.random());
        let visitor = Remembered::new(id, from.site.clone(), secret::hash(&token), self.fresh_visit(), now);
        let known = Known { visitor, marks: Vec::new(), dismissed: [].into(), credit: None };
        Ok(Some(Who::Visitor { known: Box::new(known), fresh: Some(token) }))
    }

    /// Another site's visitor, and a token that was made up, are as nobody's.
    async fn known(&self, from: &Reporter, report: &PageReport) -> Result<Option<Known>, Failure> {
        let Some(token) = report.visitor.as_deref() else { return Ok(None) };
        let Some(id) = read_token(token) else { return Ok(None) };
        let known = self.store.known_visitor(id).await?;
        Ok(known
            .filter(|known| known.visitor.site == from.site && known.visitor.token == secret::hash(token)))
    }

    fn fresh_visit(&self) -> VisitId {
        VisitId(uuid::Builder::from_random_bytes(self.env.random().to_be_bytes()).into_uuid())
    }

    /// Keeps that this page was seen, and what it reported, before anything follows from it: from then on the server knows since when the
    /// page is open.
    pub(super) async fn remember(&self, context: &Context<'_>, who: &mut Who) -> Result<(), Failure> {
        let Who::Visitor { known, fresh } = who else { return Ok(()) };
        let seen = Seen {
            page: context.heard.page,
            referrer: &context.heard.referrer,
            campaign: context.heard.campaign.clone(),
            country: context.from.country.or(context.shopper.country),
            chatted: context.shopper.chatted,
        };
        let report = super::heard::kept(context.report, &context.heard);
        let visit = self.fresh_visit();
        for _ in 0..MOST_OVERTAKEN {
            let next = match REPORTS.take(known.visitor.bucket, context.now) {
                Verdict::Allowed { next } => next,
                Verdict::Refused { retry_after } => return Err(Failure::RateLimited { retry_after }),
            };
            let visitor = Remembered {
                bucket: next,
                report: Some((report.clone(), context.now)),
                ..known.visitor.clone().sees(&seen, visit, context.now)
            };
            let expected = (known.visitor.rev > 0).then_some(known.visitor.rev);
            if self.store.keep_visitor(&visitor, expected).await? {
                known.visitor = visitor;
                return Ok(());
            }
            // Another tab was quicker; of a new visitor only this report can have been.
            match self.store.known_visitor(known.visitor.id).await? {
                Some(now) => **known = now,
                None => {
                    *fresh = None;
                    return Err(Failure::Busy);
                }
            }
        }
        Err(Failure::Busy)
    }

    /// A page that has been open for long, and is looked at, keeps its visit going.
    pub(super) async fn stays(
        &self,
        known: &Known,
        report: &PageReport,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let visitor = &known.visitor;
        let old = now.since(visitor.last_seen) >= NOTED;
        let open = visitor.viewed_at(PageId(report.page_id)).is_some();
        if report.what == PageHappening::Beat && old && open {
            let next = Remembered { last_seen: now, rev: visitor.rev + 1, ..visitor.clone() };
            self.store.keep_visitor(&next, Some(visitor.rev)).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_visitor_and_nothing_else_is_one() {
        let id = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        let token = format!("vst_{}{:032x}", id.simple(), 7);
        assert_eq!(read_token(&token), Some(VisitorId(id)));
        for wrong in ["", "vst_", "vis_0", &token[..67], &format!("{token}0"), &token.to_uppercase(), "vst_é"]
        {
            assert_eq!(read_token(wrong), None, "{wrong}");
        }
        let separators = format!("vst_{}", "#".repeat(64));
        assert_eq!(read_token(&separators), None);
    }
}
