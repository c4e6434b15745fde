//! Mail that came in: the rules are `domain::inbound`; here they are given the present, and what they say is stored and
//! pushed, by the same path as whatever is said in a browser.
//!
//! A mail comes at least once: its entry's id is made from it, so that it is stored once. The Message-ID is the first choice: a server that was
//! not answered hands the same mail over again, and SES gives it another id. Where somebody else's mail has used it, SES's own id counts.

use crate::command::{MAX_TRIES, jitter, log_store_error};
use crate::{Before, Engine, Failure, Performed};
use domain::conversation::{
    Attached, Beginning, Change, Command, Head, MailClass, MailMark, begin_with, decide, note_arrival,
};
use domain::inbound::{self, Authentication, Content, Dropped, Facts, From, Kind, Outcome, State, Token};
use domain::people::{Actor, Member, Shopper};
use domain::ports::{
    Commit, CommitError, Environment, Push, Receipt, Recipient, ReplyGrant, Sender, Store, Suppressed,
};
use domain::rate::BEGINNINGS_PER_ADDRESS;
use domain::text::MessageText;
use domain::{ClientId, ConversationId, ShopperId, SiteId};
use sha2::{Digest, Sha256};

/// A mail, taken apart by whoever received it. Everything in it but SES's findings is a claim.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// SES's id of it.
    pub ses_id: String,
    pub message_id: Option<String>,
    /// Where it is kept as it came.
    pub original: String,
    /// Of the tokens among its recipients, the hashes.
    pub tokens: Vec<[u8; 32]>,
    /// Its recipients at domains that come here: local part and domain, in small letters.
    pub recipients: Vec<(String, String)>,
    /// The one address that it is from, in small letters; `None`: none, or several.
    pub from: Option<String>,
    /// As agents are shown it.
    pub claims: String,
    pub kind: Kind,
    pub authentication: Authentication,
    pub spam: bool,
    pub virus: bool,
    pub content: Content,
    /// What is new in it. At most what a message may have.
    pub text: String,
    pub flags: Vec<String>,
}

/// What becomes of a mail, decided before anything of it is stored.
#[derive(Debug)]
pub struct Placed {
    pub outcome: Outcome,
    grant: Option<Granted>,
    /// For a stranger's.
    site: Option<SiteId>,
}

#[derive(Debug)]
struct Granted {
    grant: ReplyGrant,
    /// Of the agent whom it was made for.
    member: Option<Member>,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenIn {
    Stored {
        conversation: ConversationId,
        outcome: Outcome,
    },
    Dropped(Dropped),
    /// No site takes strangers' mail at that address, now or from there.
    NotTaken,
}

/// SES says that a mail of ours did not arrive, or was called spam.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// SES's id of the event: it may be told twice.
    pub event: String,
    /// The hashes of the tokens in the Reply-To of what was sent.
    pub tokens: Vec<[u8; 32]>,
    pub address: String,
    pub class: MailClass,
    /// Not for now but for good.
    pub permanent: bool,
    /// What the receiving server said.
    pub diagnostic: String,
}

/// The SHA-256 of the small letters of an address, as tokens and addresses are kept.
#[must_use]
pub fn address_hash(address: &str) -> [u8; 32] {
    Sha256::digest(address.trim().to_lowercase()).into()
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Where a mail belongs, and as what. `strangers`: the site that takes mail which no token and no local part places.
    pub async fn place(&self, mail: &Arrived, strangers: Option<&SiteId>) -> Result<Placed, Failure> {
        let grant = self.granted(&mail.tokens).await?;
        let (mut token, mut conversation, mut from) = (Token::Unknown, State::Gone, From::Unclear);
        if let Some(Granted { grant, member }) = &grant {
            token = match (grant.revoked_at, grant.recipient) {
                (Some(_), _) => Token::Revoked,
                (None, Recipient::Shopper) => Token::Shopper,
                (None, Recipient::Agent(_)) => {
                    Token::Agent { active: member.as_ref().is_some_and(|member| member.active) }
                }
            };
            let head = self.store.head(grant.conversation).await?;
            conversation = match head.filter(|head| head.site == grant.site) {
                None => State::Gone,
                Some(head) if head.is_open() => State::Open,
                Some(_) => State::Closed,
            };
            from = match &mail.from {
                None => From::Unclear,
                Some(from) if address_hash(from) == grant.address => From::Known,
                Some(_) => From::Another,
            };
        }
        let outcome = inbound::decide(Facts {
            kind: mail.kind,
            token,
            conversation,
            from,
            authentication: mail.authentication,
            spam: mail.spam,
            virus: mail.virus,
            content: mail.content,
        });
        let site = match outcome {
            Outcome::Stranger => self.site_of(&mail.recipients, strangers).await?,
            _ => None,
        };
        Ok(Placed { outcome, grant, site })
    }

    /// Stores a mail as what it was decided to be, once, and pushes it. `attachments` are kept already.
    pub async fn take_in(
        &self,
        mail: &Arrived,
        placed: &Placed,
        attachments: Vec<Attached>,
    ) -> Result<TakenIn, Failure> {
        let mark = MailMark {
            original: mail.original.clone(),
            attachments,
            flags: mail.flags.clone(),
            follows: None,
            unverified: None,
        };
        let Some(performed) = self.store_mail(mail, placed, mark).await? else {
            return Ok(match placed.outcome {
                Outcome::Drop(why) => TakenIn::Dropped(why),
                _ => TakenIn::NotTaken,
            });
        };
        self.fan_out(&performed.head, &performed.entries).await;
        if let (Outcome::Shopper | Outcome::Anew, Some(Granted { grant, .. })) =
            (placed.outcome, &placed.grant)
        {
            self.store.warm(&grant.site, grant.address, self.env.now()).await?;
        }
        Ok(TakenIn::Stored { conversation: performed.head.id, outcome: placed.outcome })
    }

    /// Notes that a mail of ours did not arrive or was not wanted: for good means no more mails to that address.
    pub async fn mail_trouble(&self, trouble: &Trouble) -> Result<Option<ConversationId>, Failure> {
        let Some(Granted { grant, .. }) = self.granted(&trouble.tokens).await? else { return Ok(None) };
        let address = address_hash(&trouble.address);
        if trouble.permanent {
            let why = match trouble.class {
                MailClass::Complaint => Suppressed::Complained,
                _ => Suppressed::Bounced,
            };
            self.store.suppress(&grant.site, address, why, self.env.now()).await?;
        }
        // An agent's mailbox is no matter of the conversation, and a full one will be emptied.
        if !trouble.permanent || grant.recipient != Recipient::Shopper || grant.address != address {
            return Ok(None);
        }
        let id = mail_id("trouble", &[&trouble.event, &trouble.address]);
        let fingerprint = fingerprint(&trouble.diagnostic, &trouble.address);
        let performed = self
            .keep_trying(grant.conversation, |head| {
                let (from, text) = (trouble.address.clone(), trouble.diagnostic.clone());
                let change = note_arrival(head, trouble.class, from, text, None, id, self.env.now());
                Ok((change, Sender::Shop(head.id), id, fingerprint))
            })
            .await?;
        let Some(performed) = performed else { return Ok(None) };
        self.fan_out(&performed.head, &performed.entries).await;
        Ok(Some(performed.head.id))
    }

    /// The first of these tokens that we know.
    async fn granted(&self, tokens: &[[u8; 32]]) -> Result<Option<Granted>, Failure> {
        for token in tokens {
            let Some(grant) = self.store.reply_grant(*token, self.env.now()).await? else { continue };
            let member = match grant.recipient {
                Recipient::Shopper => None,
                Recipient::Agent(agent) => self.store.member(&grant.site, agent).await?,
            };
            return Ok(Some(Granted { grant, member }));
        }
        Ok(None)
    }

    /// The site whose mail comes to one of these: by its id before the `@`, or the one for strangers. Its reply domain must be that domain.
    async fn site_of(
        &self,
        recipients: &[(String, String)],
        strangers: Option<&SiteId>,
    ) -> Result<Option<SiteId>, Failure> {
        for (local, domain) in recipients {
            let named: Option<SiteId> = local.parse().ok();
            for id in named.iter().chain(strangers) {
                let Some(site) = self.store.site(id).await? else { continue };
                let settings = self.configured(&site).await?.settings;
                let takes = settings.email.reply_domain.as_deref() == Some(domain);
                if takes && self.visibility(id).await?.admits(false).is_ok() {
                    return Ok(Some(id.clone()));
                }
            }
        }
        Ok(None)
    }

    async fn store_mail(
        &self,
        mail: &Arrived,
        placed: &Placed,
        mark: MailMark,
    ) -> Result<Option<Performed>, Failure> {
        let fingerprint = fingerprint(&mail.text, &mail.claims);
        let scope =
            placed.grant.as_ref().map_or_else(String::new, |known| known.grant.conversation.to_string());
        let by_message_id = mail.message_id.as_deref().map(|id| mail_id("message", &[&scope, id]));
        let by_ses_id = mail_id("ses", &[&scope, &mail.ses_id]);
        for id in by_message_id.into_iter().chain([by_ses_id]) {
            let stored = match (placed.outcome, &placed.grant) {
                (Outcome::Stranger, _) => {
                    let Some(site) = &placed.site else { return Ok(None) };
                    self.begin_by_mail(mail, site, mark.clone(), id, fingerprint).await
                }
                (Outcome::Note(class), Some(known)) => {
                    self.keep_trying(known.grant.conversation, |head| {
                        let (from, text) = (mail.claims.clone(), mail.text.clone());
                        let mark = Some(mark.clone());
                        let change = note_arrival(head, class, from, text, mark, id, self.env.now());
                        Ok((change, Sender::Shop(head.id), id, fingerprint))
                    })
                    .await
                }
                (Outcome::Agent, Some(Granted { grant, member: Some(member) })) => {
                    let actor = Actor::Agent {
                        id: member.agent,
                        site: member.site.clone(),
                        name: member.name.clone(),
                        role: member.role,
                    };
                    let text = MessageText::parse(&mail.text)?;
                    self.keep_trying(grant.conversation, |head| {
                        let say = Command::Say { text: text.clone(), releases: false };
                        let change = decide(head, &actor, say, id, self.env.now())?.by_mail(mark.clone());
                        Ok((change, Sender::Agent(member.agent, head.id), id, fingerprint))
                    })
                    .await
                }
                (Outcome::Shopper | Outcome::Anew, Some(Granted { grant, .. })) => {
                    self.answer_by_mail(mail, grant.conversation, &mark, id, fingerprint).await
                }
                (
                    Outcome::Drop(_) | Outcome::Note(_) | Outcome::Agent | Outcome::Shopper | Outcome::Anew,
                    _,
                ) => {
                    return Ok(None);
                }
            };
            match stored {
                // Another mail has this Message-ID: this one is told apart by SES's id.
                Err(Failure::IdReused) => {}
                stored => return stored,
            }
        }
        Err(Failure::IdReused)
    }

    /// A shopper's answer: in its conversation; if that is closed, in the one that they have open, or in a new one, which names it.
    async fn answer_by_mail(
        &self,
        mail: &Arrived,
        answered: ConversationId,
        mark: &MailMark,
        id: ClientId,
        fingerprint: [u8; 32],
    ) -> Result<Option<Performed>, Failure> {
        let text = MessageText::parse(&mail.text)?;
        let fresh = ConversationId(self.fresh_id());
        for attempt in 0..MAX_TRIES {
            self.pause(attempt).await;
            let Some(named) = self.store.head(answered).await? else { return Ok(None) };
            let actor = Actor::Shopper { id: named.shopper, site: named.site.clone() };
            // It may have been stored in another conversation, or in the name of before a sign-in.
            if let Some(done) = self.repeated(&actor, Some(answered), id, fingerprint).await? {
                return done.map(Some);
            }
            let open = match named.is_open() {
                true => Some(named.clone()),
                false => match self.store.open_conversation(named.shopper).await? {
                    Some(open) => self.store.head(open).await?,
                    None => None,
                },
            };
            let follows = (!named.is_open()).then_some(answered);
            let mark = MailMark { follows, ..mark.clone() };
            let (change, expected_rev) = match open {
                Some(head) => {
                    let releases = head.held && !self.still_holds(&head.site).await?;
                    let say = Command::Say { text: text.clone(), releases };
                    match decide(&head, &actor, say, id, self.env.now()) {
                        Ok(change) => (change, Some(head.rev)),
                        // Closed between two reads.
                        Err(_) => continue,
                    }
                }
                None => {
                    let opening = self.opening(&named.site, named.shopper, &Before::default()).await?;
                    // Nobody fills a form by mail.
                    let with = Beginning { held_for: None, bot: None, ..opening.with };
                    let whose = (named.shopper, named.site.clone());
                    let name = opening.shopper_name;
                    (begin_with(fresh, whose, name, text.clone(), with, id, self.env.now()), None)
                }
            };
            let sender = Sender::Shopper(change.head.origin);
            if let Some(done) =
                self.commit_mail(change.by_mail(mark), expected_rev, sender, id, fingerprint).await?
            {
                return done.map(Some);
            }
        }
        Err(Failure::Busy)
    }

    /// A conversation of somebody of whom nothing is known but what they say.
    async fn begin_by_mail(
        &self,
        mail: &Arrived,
        site: &SiteId,
        mark: MailMark,
        id: ClientId,
        fingerprint: [u8; 32],
    ) -> Result<Option<Performed>, Failure> {
        let now = self.env.now();
        let text = MessageText::parse(&mail.text)?;
        // Nobody's but this mail's: whoever writes again without a token is somebody else.
        let stranger = ShopperId::anonymous(id.0.as_u128());
        let sender = Sender::Shopper(stranger);
        if let Some(done) = self.repeated_by(sender, id, fingerprint).await? {
            return done.map(Some);
        }
        let counted = self.store.count(BEGINNINGS_PER_ADDRESS, &mail.claims.to_lowercase(), now).await?;
        if counted.is_err() {
            tracing::warn!(original = mail.original, "too many beginnings by mail; kept as it came");
            return Ok(None);
        }
        // Answers go to an address only if its domain says that the mail is its own: else a stranger would be written to.
        let vouched = mail.authentication == Authentication::Dmarc;
        let profile = Shopper {
            id: stranger,
            site: site.clone(),
            name: None,
            email: mail.from.clone().filter(|_| vouched),
            language: None,
            time_zone: None,
            user_agent: None,
            country: None,
            page: None,
            answers: std::collections::BTreeMap::new(),
            visitor: None,
            first_seen: now,
            last_seen: now,
        };
        self.store.vouch(&profile).await?;
        let opening = self.opening(site, stranger, &Before::default()).await?;
        let with = Beginning { held_for: None, bot: None, ..opening.with };
        let mark = MailMark { unverified: Some(mail.claims.clone()), ..mark };
        let fresh = ConversationId(self.fresh_id());
        for attempt in 0..MAX_TRIES {
            self.pause(attempt).await;
            let whose = (stranger, site.clone());
            let change =
                begin_with(fresh, whose, None, text.clone(), with.clone(), id, now).by_mail(mark.clone());
            if let Some(done) = self.commit_mail(change, None, sender, id, fingerprint).await? {
                return done.map(Some);
            }
        }
        Err(Failure::Busy)
    }

    /// Decides on the head as it is, stores, and again when somebody was quicker. `None`: the conversation is gone.
    pub(crate) async fn keep_trying(
        &self,
        conversation: ConversationId,
        decide: impl Fn(&Head) -> Result<(Change, Sender, ClientId, [u8; 32]), Failure>,
    ) -> Result<Option<Performed>, Failure> {
        for attempt in 0..MAX_TRIES {
            self.pause(attempt).await;
            let Some(head) = self.store.head(conversation).await? else { return Ok(None) };
            let (change, sender, id, fingerprint) = decide(&head)?;
            if let Some(done) = self.commit_mail(change, Some(head.rev), sender, id, fingerprint).await? {
                return done.map(Some);
            }
        }
        Err(Failure::Busy)
    }

    /// `None`: read again, decide again.
    async fn commit_mail(
        &self,
        change: Change,
        expected_rev: Option<u64>,
        sender: Sender,
        id: ClientId,
        fingerprint: [u8; 32],
    ) -> Result<Option<Result<Performed, Failure>>, Failure> {
        let at = change.entries.last().map_or(change.head.last_activity, |entry| entry.at);
        let commit = Commit {
            head: change.head.clone(),
            expected_rev,
            entries: change.entries.clone(),
            profile: None,
            sender,
            client_id: id,
            receipt: Receipt {
                conversation: change.head.id,
                log: change.log,
                seq: change.seq,
                at,
                fingerprint,
            },
        };
        match self.store.commit(&commit).await {
            Ok(()) => Ok(Some(Ok(self.performed(change, id)))),
            Err(CommitError::Repeated) => Ok(self.repeated_by(sender, id, fingerprint).await?),
            Err(CommitError::Moved) => Ok(None),
            Err(CommitError::Store(error)) => log_store_error(&error).map(|()| None),
        }
    }

    async fn pause(&self, attempt: u32) {
        if attempt > 0 {
            self.env.sleep(jitter(attempt, self.env.random())).await;
        }
    }
}

/// The id of what is stored of a mail: always the same.
pub(crate) fn mail_id(what: &str, of: &[&str]) -> ClientId {
    let mut hasher = Sha256::new();
    hasher.update(format!("mostrador mail {what}"));
    for part in of {
        hasher.update([0]);
        hasher.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize()[..16]);
    ClientId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

fn fingerprint(text: &str, claims: &str) -> [u8; 32] {
    Sha256::digest(format!("mail\n{claims}\n{text}")).into()
}
