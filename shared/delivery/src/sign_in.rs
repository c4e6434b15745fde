//! Signing in at the shop, and out (C5, DESIGN 7): the shop's server vouches for a shopper, and the browser that was anonymous
//! until then goes on as that one.
//!
//! | The browser came as | and the proof is | it goes on as |
//! |---|---|---|
//! | nobody | believed | the verified shopper, with a new session |
//! | an anonymous shopper | believed | the verified shopper, with a new session; the old one ends, the open conversation goes along |
//! | that verified shopper | believed | the same, with the same session, or the next one when that grows old |
//! | another verified shopper | believed | the verified shopper, with a new session; the old one ends, its conversations stay where they are |
//! | nobody | refused | a new anonymous shopper |
//! | an anonymous shopper | refused | the same |
//! | the verified shopper of a token that has just expired | refused | the same: nobody else is meant, the page was in a cache |
//! | another verified shopper | refused | a new anonymous shopper; that one's session lives on, elsewhere |
//!
//! A conversation does not go along where the verified shopper has one open already. It stays in the lists, and agents see the
//! two as one person's ([`Engine::earlier`]); so do they with what the browser closed before.

use crate::command::{MAX_TRIES, jitter, log_store_error};
use crate::identity::signed_claims;
use crate::secret::{self, Secret};
use crate::session::{NewSession, profile};
use crate::visibility::barred_failure;
use crate::{Engine, Failure};
use domain::connection::Topic;
use domain::conversation::Head;
use domain::identity::{Refusal, Vouched, check_claims, check_liquid, shopper_of};
use domain::people::{Shopper, Site};
use domain::ports::{CommitError, Environment, Push, Session, SignIn, Store};
use domain::rate::{IDENTITIES_PER_ADDRESS, REQUESTS, SESSIONS_PER_ADDRESS};
use domain::{ShopperId, SiteId};
use futures::future::try_join_all;
use protocol::http::{CustomerProof, IdentityProof, TokenProof};
use protocol::server::ByeReason;
use std::time::Duration;

/// A verified shopper's session. Pages vouch anew at every visit, so it need not outlive them by much; whoever is still vouched for in
/// its second half gets the next one.
pub const VERIFIED_SESSION_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Sign-ins of one person that are looked back on.
pub(crate) const MOST_BROWSERS: usize = 20;

/// A session that a browser may go on with.
#[derive(Debug)]
pub struct Opened {
    pub secret: Secret,
    pub session: Session,
    /// Why the proof that came along was not believed.
    pub refused: Option<Refusal>,
}

/// A proof that is not believed.
struct Disbelief {
    refusal: Refusal,
    /// Whom it did vouch for until it expired.
    lapsed: Option<ShopperId>,
}

impl From<Refusal> for Disbelief {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, lapsed: None }
    }
}

/// What is known of whoever signs in.
struct Known {
    name: Option<String>,
    /// Unseen answers go out by mail after so long, for there is an address.
    mail_after: Option<Duration>,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// A session for a browser that brings what its shop's server has signed, and perhaps the session it had (`bearer`).
    pub async fn sign_in(
        &self,
        site: &Site,
        address: &str,
        about: NewSession,
        proof: &IdentityProof,
        bearer: Option<&str>,
    ) -> Result<Opened, Failure> {
        let counted = self.store.count(IDENTITIES_PER_ADDRESS, address, self.env.now()).await?;
        counted.map_err(|retry_after| Failure::RateLimited { retry_after })?;
        let before = match bearer {
            Some(token) => self.session_of(token, &site.id).await?,
            None => None,
        };
        match self.believe(&site.id, proof).await? {
            Ok(vouched) => self.go_on_as(site, address, about, vouched, before).await,
            Err(disbelief) => self.go_on_without(site, address, about, disbelief, before).await,
        }
    }

    /// For agents: the other conversations of a conversation's shopper, the newest first, at most `limit`.
    pub async fn earlier(&self, head: &Head, limit: usize) -> Result<Vec<Head>, Failure> {
        let all = self.known_as(head.shopper).await?;
        let reads = all.into_iter().map(|shopper| self.store.conversations_of(shopper, limit));
        let mut heads: Vec<Head> = try_join_all(reads).await?.into_iter().flatten().collect();
        // What is held for its form waits unseen, beside another conversation too.
        heads.retain(|other| other.id != head.id && !other.held);
        heads.sort_by_key(|head| std::cmp::Reverse((head.began_at, head.id)));
        heads.truncate(limit);
        Ok(heads)
    }

    /// Everybody whom agents may take for this shopper: first the one asked for.
    async fn known_as(&self, shopper: ShopperId) -> Result<Vec<ShopperId>, Failure> {
        let verified = match shopper.is_verified() {
            true => Some(shopper),
            false => self.store.signed_in_as(shopper).await?,
        };
        let mut all = vec![shopper];
        if let Some(verified) = verified {
            let browsers = self.store.browsers(verified, MOST_BROWSERS).await?;
            let others = std::iter::once(verified).chain(browsers);
            all.extend(others.filter(|other| *other != shopper));
        }
        Ok(all)
    }

    /// A session that a browser has had, if it is still good, on this site.
    async fn session_of(&self, token: &str, site: &SiteId) -> Result<Option<(Secret, Session)>, Failure> {
        let found = self.store.session(secret::hash(token), REQUESTS, self.env.now()).await?;
        let Some(found) = found else { return Ok(None) };
        let session = found.map_err(|retry_after| Failure::RateLimited { retry_after })?;
        Ok((session.site == *site).then(|| (Secret::known(token), session)))
    }

    async fn believe(
        &self,
        site: &SiteId,
        proof: &IdentityProof,
    ) -> Result<Result<Vouched, Disbelief>, Failure> {
        let (keys, now) = (self.store.identity_keys(site).await?, self.env.now());
        let vouched = match proof {
            IdentityProof::Customer(CustomerProof { customer_id, hash }) => {
                check_liquid(&keys, customer_id, hash, now).map_err(Disbelief::from)
            }
            IdentityProof::Token(TokenProof { token }) => match signed_claims(token, &keys, now) {
                Err(refusal) => Err(refusal.into()),
                Ok(claims) => {
                    let subject = claims.sub.clone();
                    check_claims(claims, site, now).map_err(|refusal| {
                        let expired = subject.filter(|_| refusal == Refusal::Expired);
                        Disbelief { refusal, lapsed: expired.map(|subject| shopper_of(site, &subject)) }
                    })
                }
            },
        };
        let vouched = match vouched {
            Ok(vouched) => vouched,
            Err(disbelief) => return Ok(Err(disbelief)),
        };
        let used_by = match &vouched.jti {
            Some((id, until)) => self.store.claim_token(site, id, &vouched.subject, *until, now).await?,
            None => None,
        };
        Ok(vouched.accept_after(used_by.as_deref()).map_err(Disbelief::from))
    }

    async fn go_on_without(
        &self,
        site: &Site,
        address: &str,
        about: NewSession,
        Disbelief { refusal, lapsed }: Disbelief,
        before: Option<(Secret, Session)>,
    ) -> Result<Opened, Failure> {
        tracing::info!(site = %site.id, why = refusal.code(), "an identity was not believed");
        let kept =
            before.filter(|(_, session)| !session.shopper.is_verified() || Some(session.shopper) == lapsed);
        let verified = kept.as_ref().is_some_and(|(_, session)| session.shopper.is_verified());
        let admitted = self.visibility(&site.id).await?.admits(verified);
        admitted.map_err(|barred| barred_failure(barred, Some(refusal)))?;
        let (secret, session) = match kept {
            Some(kept) => kept,
            None => self.begin_session(site, address, about).await?,
        };
        Ok(Opened { secret, session, refused: Some(refusal) })
    }

    async fn go_on_as(
        &self,
        site: &Site,
        address: &str,
        about: NewSession,
        vouched: Vouched,
        before: Option<(Secret, Session)>,
    ) -> Result<Opened, Failure> {
        let now = self.env.now();
        let shopper = vouched.shopper(&site.id);
        self.admit_shopper(&site.id, shopper).await?;
        let about =
            Shopper { name: vouched.name, email: vouched.email, ..profile(shopper, &site.id, about, now) };
        let said_before = self.store.shopper(shopper).await?;
        let had_address = said_before.as_ref().is_some_and(|before| before.email.is_some());
        let mail_after = match had_address || about.email.is_some() {
            true => self.configured(site).await?.settings.email.mails_after(),
            false => None,
        };
        // Their first address. On both sides of keeping it: whoever is killed in between comes again with the next page, and what is
        // begun in between is found.
        let learnt = mail_after.filter(|_| !had_address);
        self.mail_the_open_one(shopper, learnt).await?;
        self.store.vouch(&about).await?;
        self.mail_the_open_one(shopper, learnt).await?;
        // What this proof does not say, an earlier one may have said.
        let name = about.name.clone().or(said_before.and_then(|before| before.name));
        let known = Known { name, mail_after };
        let expires_at = now.plus(VERIFIED_SESSION_LIFE);
        let session = Session { shopper, site: site.id.clone(), expires_at };
        let before = match before {
            Some((secret, session)) if session.shopper == shopper => {
                if session.expires_at.since(now) > VERIFIED_SESSION_LIFE / 2 {
                    return Ok(Opened { secret, session, refused: None });
                }
                // Other tabs go on with it until it is over.
                None
            }
            before => before,
        };
        let counted = self.store.count(SESSIONS_PER_ADDRESS, address, now).await?;
        counted.map_err(|retry_after| Failure::RateLimited { retry_after })?;
        let secret = Secret::make("ses_", &self.env);
        match before {
            Some((old, before)) if !before.shopper.is_verified() => {
                self.take_along(&old, before.shopper, &secret, &session, &known).await?;
            }
            Some((old, before)) => {
                // Rotated: whoever was here before is somebody else.
                self.end_session(old.text(), &before).await?;
                self.store.open_session(secret.hash(), &session, &about).await?;
            }
            None => self.store.open_session(secret.hash(), &session, &about).await?,
        }
        tracing::info!(site = %site.id, "a shopper signed in");
        Ok(Opened { secret, session, refused: None })
    }

    /// What is said in the open conversation goes out by mail from now on, `after` being unseen.
    async fn mail_the_open_one(&self, shopper: ShopperId, after: Option<Duration>) -> Result<(), Failure> {
        let Some(after) = after else { return Ok(()) };
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                self.env.sleep(jitter(attempt, self.env.random())).await;
            }
            let Some(open) = self.store.open_conversation(shopper).await? else { return Ok(()) };
            let head = self.store.head(open).await?;
            let Some(next) = head.and_then(|head| head.known_to_be_mailable(after, self.env.now())) else {
                return Ok(());
            };
            match self.store.arm(&next).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => log_store_error(&error)?,
            }
        }
        Err(Failure::Busy)
    }

    /// The anonymous shopper becomes the verified one, in one transaction; then its connections are told.
    async fn take_along(
        &self,
        old: &Secret,
        before: ShopperId,
        secret: &Secret,
        session: &Session,
        known: &Known,
    ) -> Result<(), Failure> {
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                self.env.sleep(jitter(attempt, self.env.random())).await;
            }
            let Some(step) = self.sign_in_step(old, before, secret, session, known).await? else {
                // Another tab has signed in meanwhile, or this is the second try after an answer that was lost.
                let about = profile(session.shopper, &session.site, NewSession::default(), self.env.now());
                return Ok(self.store.open_session(secret.hash(), session, &about).await?);
            };
            match self.store.sign_in(&step).await {
                Ok(()) => {
                    tracing::info!(
                        moved = step.moved.is_some(),
                        linked = step.linked,
                        "an anonymous shopper signed in"
                    );
                    self.dismiss_shopper(before).await;
                    return Ok(());
                }
                Err(CommitError::Moved | CommitError::Repeated) => {}
                Err(CommitError::Store(error)) => log_store_error(&error)?,
            }
        }
        Err(Failure::Busy)
    }

    /// What a sign-in comes to as things are. `None`: the session that should end is not there any more.
    async fn sign_in_step(
        &self,
        old: &Secret,
        before: ShopperId,
        secret: &Secret,
        session: &Session,
        known: &Known,
    ) -> Result<Option<SignIn>, Failure> {
        let now = self.env.now();
        if self.store.session(old.hash(), REQUESTS, now).await?.is_none() {
            return Ok(None);
        }
        let open = self.store.open_conversation(before).await?;
        let head = match open {
            Some(open) => self.store.head(open).await?,
            None => None,
        };
        let stays = self.store.open_conversation(session.shopper).await?.is_some();
        let moved = head.filter(|_| !stays).map(|head| {
            let head = head.signed_in(session.shopper, known.name.clone());
            match known.mail_after {
                Some(after) => head.mailable(after, now),
                None => head,
            }
        });
        let linked = open.is_some() || !self.store.conversations_of(before, 1).await?.is_empty();
        let (ends, hash) = (old.hash(), secret.hash());
        Ok(Some(SignIn { before, ends, session: session.clone(), hash, open, moved, linked, at: now }))
    }

    /// All connections of an anonymous shopper, on all tabs of the one browser.
    async fn dismiss_shopper(&self, shopper: ShopperId) {
        for registration in self.registered(Topic::Shopper(shopper)).await {
            self.dismiss(&registration.connection, ByeReason::SessionEnded).await;
        }
    }
}
