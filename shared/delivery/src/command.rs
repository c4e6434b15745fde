//! A command on a conversation: one transaction, retried on a lost race, answered the same however often it comes.

use crate::proactive::Answered;
use crate::sign_in::MOST_BROWSERS;
use crate::{Engine, Failure};
use domain::automatic::Deadline;
use domain::conversation::{Answering, Assignee, Change, Command, Entry, First, Head, Log, begin_by, decide};
use domain::deadline::Armed;
use domain::people::Actor;
use domain::ports::{Commit, CommitError, Environment, Push, Receipt, Sender, Store, StoreError};
use domain::rate::BEGINNINGS_PER_ADDRESS;
use domain::settings::FieldId;
use domain::text::MessageText;
use domain::{AgentId, ClientId, ConversationId, Timestamp};
use protocol::scenarios::SeenOpening;
use protocol::server::Ack;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Tries of one command before it is answered with `retry`.
pub(crate) const MAX_TRIES: u32 = 6;

/// What somebody wants done, before it is known whether it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// `None` begins a conversation, or continues the open one.
    Say {
        conversation: Option<ConversationId>,
        text: String,
        before: Before,
    },
    /// A button of a bot's; `None` begins a conversation with the opening that was seen, or continues the open one.
    Choose {
        conversation: Option<ConversationId>,
        turn: u64,
        button: String,
        before: Before,
    },
    Restart {
        conversation: ConversationId,
        turn: u64,
    },
    /// To a question of the form; `None` skips it.
    Answer {
        conversation: ConversationId,
        field: String,
        value: Option<String>,
    },
    Close {
        conversation: ConversationId,
    },
    Note {
        conversation: ConversationId,
        text: String,
    },
    Assign {
        conversation: ConversationId,
        to: Option<AgentId>,
        expected: Option<AgentId>,
        /// `None`: the group stays; `Some(None)`: it is for everyone.
        group: Option<Option<String>>,
    },
    Join {
        conversation: ConversationId,
    },
    Leave {
        conversation: ConversationId,
    },
}

/// What a shopper had before them when they wrote or chose; it counts where that begins a conversation. What there is not counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Before {
    /// Questions of the FAQs that were opened.
    pub faqs: Vec<String>,
    /// What a bot said.
    pub opening: Option<SeenOpening>,
    /// What the shop had shown by itself, by its token.
    pub proactive: Option<String>,
    /// Whom it is for, by the group's id.
    pub group: Option<String>,
}

impl Before {
    pub(crate) fn faqs(&self) -> Vec<FieldId> {
        self.faqs.iter().filter_map(|id| FieldId::parse(id)).collect()
    }
}

/// A command that is stored: its acknowledgement, and what others are to be told.
#[derive(Debug, Clone)]
pub struct Performed {
    pub ack: Ack,
    pub head: Head,
    pub entries: Vec<Entry>,
}

impl Wish {
    /// The conversation that it names.
    #[must_use]
    pub const fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Say { conversation, .. } | Self::Choose { conversation, .. } => *conversation,
            Self::Restart { conversation, .. }
            | Self::Close { conversation }
            | Self::Answer { conversation, .. }
            | Self::Note { conversation, .. }
            | Self::Assign { conversation, .. }
            | Self::Join { conversation }
            | Self::Leave { conversation } => Some(*conversation),
        }
    }
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Stores a command, or says why not. Nothing is posted: acknowledge first, then [`Engine::fan_out`].
    ///
    /// `address` is where it comes from: beginnings are limited per address. `read` is the head if the caller has
    /// read it already, beside finding out who the actor is; the first try then saves a round trip.
    pub async fn perform(
        &self,
        actor: &Actor,
        address: &str,
        id: ClientId,
        wish: Wish,
        mut read: Option<Head>,
    ) -> Result<Performed, Failure> {
        let fingerprint = fingerprint(&wish);
        let before = before(&wish);
        let (target, command) = self.resolve(actor, wish).await?;
        // One id for all tries: a beginning whose outcome was unknown must not begin twice.
        let fresh = ConversationId(self.fresh_id());
        let mut begin_first = target.is_none();
        if begin_first {
            let counted = self.store.count(BEGINNINGS_PER_ADDRESS, address, self.env.now()).await?;
            counted.map_err(|retry_after| Failure::RateLimited { retry_after })?;
        }
        // What begins a conversation may have begun or continued one before this browser signed in.
        if begin_first
            && let Actor::Shopper { id: shopper, .. } = actor
            && shopper.is_verified()
            && let Some(done) = self.repeated(actor, None, id, fingerprint).await?
        {
            return done;
        }
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                self.env.sleep(jitter(attempt, self.env.random())).await;
            }
            let decided = match self
                .decide_once(actor, target, &command, &before, id, fresh, begin_first, read.take())
                .await
            {
                Ok(decided) => decided,
                // Nothing begins like this any more: where another tab has begun it already, it is a choice that comes too late.
                Err(Attempt::Refused(_)) if begin_first && matches!(command, Command::Choose { .. }) => {
                    begin_first = false;
                    continue;
                }
                // A reuse of the id outweighs a refusal: the command may be done already.
                Err(Attempt::Refused(failure)) => {
                    return match self.repeated(actor, target, id, fingerprint).await {
                        Ok(Some(done)) => done,
                        Ok(None) => Err(failure),
                        Err(_) => Err(Failure::Busy),
                    };
                }
                Err(Attempt::Again) => continue,
            };
            let Decided { change, expected_rev, answers } = decided;
            if change.entries.is_empty() {
                // It is so: by this very command, perhaps, which is then answered as it was.
                return match self.repeated(actor, target, id, fingerprint).await {
                    Ok(Some(done)) => done,
                    Ok(None) => Ok(self.performed(change, id)),
                    Err(_) => Err(Failure::Busy),
                };
            }
            // The entry's own time, so that a repeat is answered to the byte as the first.
            let at = change.entries.last().map_or(change.head.last_activity, |entry| entry.at);
            let receipt =
                Receipt { conversation: change.head.id, log: change.log, seq: change.seq, at, fingerprint };
            let sender = sender(actor, &change.head);
            let commit = Commit {
                head: change.head.clone(),
                expected_rev,
                entries: change.entries.clone(),
                profile: change.profile(),
                sender,
                client_id: id,
                receipt,
            };
            let committed = match &answers {
                Some(answered) => {
                    let Answered { hash, showing, day } = answered;
                    self.store.commit_answer(&commit, *hash, showing, day).await
                }
                None => self.store.commit(&commit).await,
            };
            match committed {
                Ok(()) => return Ok(self.performed(change, id)),
                Err(CommitError::Repeated) => {
                    if let Ok(Some(done)) = self.repeated_by(sender, id, fingerprint).await {
                        return done;
                    }
                }
                // Somebody was quicker; for a beginning: there is an open conversation.
                Err(CommitError::Moved) => begin_first = false,
                Err(CommitError::Store(error)) => log_store_error(&error)?,
            }
        }
        Err(Failure::Busy)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the state of one try; a struct for it would be named only here"
    )]
    /// Reads what the command is about, checks that the actor may reach it, applies the rules.
    async fn decide_once(
        &self,
        actor: &Actor,
        target: Option<ConversationId>,
        command: &Command,
        before: &Before,
        id: ClientId,
        fresh: ConversationId,
        begin_first: bool,
        read: Option<Head>,
    ) -> Result<Decided, Attempt> {
        let now = self.env.now();
        let target = match (target, actor) {
            (Some(target), _) => Some(target),
            (None, Actor::Agent { .. }) => return Err(Attempt::Refused(Failure::NotFound)),
            (None, Actor::Shopper { .. }) if begin_first => None,
            (None, Actor::Shopper { id, .. }) => {
                self.store.open_conversation(*id).await.map_err(Attempt::store)?
            }
        };
        if let Some(target) = target {
            let head = match read.filter(|head| head.id == target) {
                Some(head) => Some(head),
                None => self.store.head(target).await.map_err(Attempt::store)?,
            };
            let head = head.ok_or(Attempt::Refused(Failure::NotFound))?;
            if !may_reach(actor, &head) {
                return Err(Attempt::Refused(out_of_reach(actor, &head)));
            }
            let command = self.informed(actor, &head, command.clone()).await.map_err(Attempt::store)?;
            let transcribes = command == Command::Close
                && head.mailing.is_some()
                && self.transcribes_at_close(&head.site).await.map_err(Attempt::store)?;
            let mut change =
                decide(&head, actor, command, id, now).map_err(|refusal| Attempt::Refused(refusal.into()))?;
            if transcribes && !change.entries.is_empty() {
                let armed = Armed { due: now, seq: change.seq };
                change.head.deadlines.insert(Deadline::Transcript, armed);
            }
            return Ok(Decided { change, expected_rev: Some(head.rev), answers: None });
        }
        let Actor::Shopper { id: shopper, site } = actor else {
            return Err(Attempt::Refused(Failure::NotFound));
        };
        let first = match command {
            Command::Say { text, .. } => First::Words(text.clone()),
            Command::Choose { turn, button, .. } => First::Choice { turn: *turn, button: button.clone() },
            _ => return Err(Attempt::Refused(Failure::NotFound)),
        };
        let opening = self.opening(site, *shopper, before).await.map_err(Attempt::store)?;
        let whose = (*shopper, site.clone());
        let change = begin_by(fresh, whose, opening.shopper_name, first, opening.with, id, now)
            .map_err(|refusal| Attempt::Refused(refusal.into()))?;
        Ok(Decided { change, expected_rev: None, answers: opening.answers })
    }

    /// The command with what the rules need beside the head: how far the form is filled, whether what is held goes on being it.
    /// what a bot has to know. Of plain messages nothing.
    async fn informed(
        &self,
        actor: &Actor,
        head: &Head,
        mut command: Command,
    ) -> Result<Command, StoreError> {
        if actor.is_agent() || !head.is_open() {
            return Ok(command);
        }
        let released = async { Ok::<_, StoreError>(head.held && !self.still_holds(&head.site).await?) };
        match &mut command {
            Command::Say { releases, .. } => *releases = released.await?,
            Command::Answer(answering) => {
                (answering.intake, answering.releases) = futures::try_join!(self.intake(head), released)?;
            }
            _ => {}
        }
        self.with_surroundings(head, command).await
    }

    /// The answer to a command that was carried out before, if it was. Its entry is pushed again: whoever has it drops
    /// it, and whoever missed the first push has it now rather than at the next heartbeat.
    pub(crate) async fn repeated(
        &self,
        actor: &Actor,
        conversation: Option<ConversationId>,
        id: ClientId,
        fingerprint: [u8; 32],
    ) -> Result<Option<Result<Performed, Failure>>, StoreError> {
        let senders = match (actor, conversation) {
            // In whoever's name it was sent: before signing in, at this browser, it was another.
            (Actor::Shopper { id, .. }, _) if id.is_verified() => {
                let before = self.store.browsers(*id, MOST_BROWSERS).await?;
                std::iter::once(*id).chain(before).map(Sender::Shopper).collect()
            }
            (Actor::Shopper { id, .. }, _) => vec![Sender::Shopper(*id)],
            (Actor::Agent { id, .. }, Some(conversation)) => vec![Sender::Agent(*id, conversation)],
            (Actor::Agent { .. }, None) => return Ok(None),
        };
        for sender in senders {
            if let Some(done) = self.repeated_by(sender, id, fingerprint).await? {
                return Ok(Some(done));
            }
        }
        Ok(None)
    }

    pub(crate) async fn repeated_by(
        &self,
        sender: Sender,
        id: ClientId,
        fingerprint: [u8; 32],
    ) -> Result<Option<Result<Performed, Failure>>, StoreError> {
        let Some(receipt) = self.store.receipt(sender, id).await? else { return Ok(None) };
        if receipt.fingerprint != fingerprint {
            return Ok(Some(Err(Failure::IdReused)));
        }
        let Some(head) = self.store.head(receipt.conversation).await? else { return Ok(None) };
        let page = self.store.entries(receipt.conversation, receipt.log, receipt.seq - 1, 1).await?;
        let ack = self.ack(id, receipt.conversation, receipt.log, receipt.seq, receipt.at);
        Ok(Some(Ok(Performed { ack, head, entries: page.entries })))
    }

    pub(crate) fn performed(&self, change: Change, id: ClientId) -> Performed {
        let at = change.entries.last().map_or(change.head.last_activity, |entry| entry.at);
        let ack = self.ack(id, change.head.id, change.log, change.seq, at);
        Performed { ack, head: change.head, entries: change.entries }
    }

    /// In the order of time.
    pub(crate) fn fresh_id(&self) -> uuid::Uuid {
        uuid_v7(self.env.now(), self.env.random())
    }

    pub(crate) fn ack(
        &self,
        id: ClientId,
        conversation: ConversationId,
        log: Log,
        seq: u64,
        at: Timestamp,
    ) -> Ack {
        Ack {
            id: id.to_string(),
            conversation_id: Some(conversation.to_string()),
            epoch: self.epoch.clone(),
            log: log.into(),
            seq,
            at: at.millis(),
        }
    }

    /// Parses texts and looks names up: what needs no retry.
    async fn resolve(&self, actor: &Actor, wish: Wish) -> Result<(Option<ConversationId>, Command), Failure> {
        Ok(match wish {
            Wish::Say { conversation, text, .. } => {
                (conversation, Command::Say { text: MessageText::parse(&text)?, releases: false })
            }
            Wish::Choose { conversation, turn, button, .. } => {
                // What cannot be the name of a button was not offered.
                let button = FieldId::parse(&button).ok_or(Failure::NotFound)?;
                (conversation, Command::Choose { turn, button, around: None })
            }
            Wish::Restart { conversation, turn } => {
                (Some(conversation), Command::Restart { turn, around: None })
            }
            Wish::Answer { conversation, field, value } => {
                // What cannot be the name of a question has not been asked.
                let field = FieldId::parse(&field).ok_or(Failure::NotFound)?;
                let answering = Answering { intake: None, field, value, releases: false, around: None };
                (Some(conversation), Command::Answer(Box::new(answering)))
            }
            Wish::Note { conversation, text } => {
                (Some(conversation), Command::Note { text: MessageText::parse(&text)? })
            }
            Wish::Close { conversation } => (Some(conversation), Command::Close),
            Wish::Join { conversation } => (Some(conversation), Command::Join),
            Wish::Leave { conversation } => (Some(conversation), Command::Leave),
            Wish::Assign { conversation, to, expected, group } => {
                if !actor.is_agent() {
                    return Err(Failure::Forbidden);
                }
                let to = match to {
                    None => None,
                    Some(agent) => {
                        let member =
                            self.store.member(actor.site(), agent).await?.filter(|member| member.active);
                        let member = member.ok_or(Failure::NotFound)?;
                        Some(Assignee { id: agent, name: member.name })
                    }
                };
                let group = match group {
                    None => None,
                    Some(None) => Some(None),
                    Some(Some(id)) => Some(Some(self.group(actor.site(), &id).await?)),
                };
                (Some(conversation), Command::Assign { to, expected, group })
            }
        })
    }
}

struct Decided {
    change: Change,
    expected_rev: Option<u64>,
    /// What the shop had shown, where this begins a conversation with it.
    answers: Option<Answered>,
}

enum Attempt {
    Again,
    Refused(Failure),
}

impl Attempt {
    fn store(error: StoreError) -> Self {
        log_store_error(&error).map_or_else(Self::Refused, |()| Self::Again)
    }
}

/// A store that is unavailable may answer the next try; what is broken stays so.
pub(crate) fn log_store_error(error: &StoreError) -> Result<(), Failure> {
    match error {
        StoreError::Unavailable(what) => {
            tracing::warn!(what, "the store is unavailable");
            Ok(())
        }
        StoreError::Broken(_) => Err(error.clone().into()),
    }
}

/// Whose conversation it is. Another's, and another site's, is treated as absent.
pub(crate) fn may_reach(actor: &Actor, head: &Head) -> bool {
    match actor {
        Actor::Shopper { id, site } => head.shopper == *id && head.site == *site,
        // What is held for its form waits unseen.
        Actor::Agent { site, .. } => head.site == *site && !head.held,
    }
}

/// What somebody is told of a conversation that is not theirs. Whose it was until they signed in is told that their session is over: the
/// same command under the new one is carried out, or answered as it was.
fn out_of_reach(actor: &Actor, head: &Head) -> Failure {
    match actor {
        Actor::Shopper { id, .. } if head.origin == *id => Failure::Unauthorized,
        _ => Failure::NotFound,
    }
}

/// A shopper's commands in a conversation are all in the name under which it was begun: one that was sent before signing in
/// and is repeated afterwards is the same.
fn sender(actor: &Actor, head: &Head) -> Sender {
    match actor {
        Actor::Shopper { .. } => Sender::Shopper(head.origin),
        Actor::Agent { id, .. } => Sender::Agent(*id, head.id),
    }
}

/// What stood there before what may begin a conversation.
fn before(wish: &Wish) -> Before {
    match wish {
        Wish::Say { before, .. } | Wish::Choose { before, .. } => before.clone(),
        _ => Before::default(),
    }
}

/// What was asked, as a hash: the same id with another one is another command. A shopper's message is the same
/// whichever conversation it was addressed to, so that "begin" may be retried as "continue".
fn fingerprint(wish: &Wish) -> [u8; 32] {
    let mut hasher = Sha256::new();
    match wish {
        Wish::Say { text, .. } => hasher.update(format!("say\n{text}")),
        // Whichever conversation it is addressed to, as with words.
        Wish::Choose { turn, button, .. } => hasher.update(format!("choose\n{turn}\n{button}")),
        Wish::Restart { conversation, turn } => hasher.update(format!("restart\n{conversation}\n{turn}")),
        Wish::Answer { conversation, field, value } => {
            let skipped = value.is_none();
            let value = value.as_deref().unwrap_or_default();
            hasher.update(format!("answer\n{conversation}\n{field}\n{skipped}\n{value}"));
        }
        Wish::Note { text, .. } => hasher.update(format!("note\n{text}")),
        Wish::Close { conversation } => hasher.update(format!("close\n{conversation}")),
        Wish::Assign { to, group, .. } => {
            hasher.update(format!("assign\n{}", to.map_or_else(String::new, |to| to.to_string())));
            if let Some(group) = group {
                hasher.update(format!("\ngroup\n{}", group.as_deref().unwrap_or_default()));
            }
        }
        Wish::Join { .. } => hasher.update("join"),
        Wish::Leave { .. } => hasher.update("leave"),
    }
    hasher.finalize().into()
}

/// What the shop says by itself, as a receipt keeps it.
pub(crate) fn fingerprint_of(text: &str) -> [u8; 32] {
    Sha256::digest(format!("automatic\n{text}")).into()
}

/// Full jitter: up to 40, 80, 160, 320, 640 ms, so that six tries stay under 3 s.
pub(crate) fn jitter(attempt: u32, random: u128) -> Duration {
    let ceiling = 20u64 << attempt;
    Duration::from_millis(random as u64 % (ceiling + 1))
}

/// A time-ordered UUID from a given time and given randomness.
fn uuid_v7(now: Timestamp, random: u128) -> uuid::Uuid {
    uuid::Builder::from_unix_timestamp_millis(
        now.millis(),
        &random.to_be_bytes()[..10].try_into().expect("ten bytes"),
    )
    .into_uuid()
}
