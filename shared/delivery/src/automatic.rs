//! What the shop says by itself: the rules are `domain::automatic`; here they are given the present, and what they name
//! is stored and pushed.
//!
//! Both callers (auto-reply for entries of the stream, timers for deadlines) may come twice, late, or together: a
//! decision is stored only on the head it was made on, and ids come from the cause.

use crate::command::{MAX_TRIES, fingerprint_of, jitter};
use crate::intake::questions;
use crate::{Engine, Failure};
use domain::automatic::{
    Action, Asking, Cause, Deadline, Decision, FormState, Message, Quiet, Said, Situation, Writer, decide,
};
use domain::availability::anybody_online;
use domain::conversation::{Author, Body, Entry, Head, Log, hands_over, is_for_the_bot, speak};
use domain::deadline::{Armed, Deadlines};
use domain::intake::AskedField;
use domain::office_hours::Zone;
use domain::people::{Member, Shopper, Site};
use domain::ports::{Commit, CommitError, Environment, Push, Receipt, Sender, Store, StoreError};
use domain::settings::{ReplyKind, Settings};
use domain::{ConversationId, Timestamp};

/// Entries read at once.
const PAGE: usize = 200;
/// A thread in which nobody has answered for so many entries is not looked at further.
const MAX_ENTRIES: usize = 2_000;

/// What became of a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reacted {
    /// Stored, and pushed if something was said.
    Done {
        said: Option<ReplyKind>,
        asked: bool,
        armed: usize,
    },
    Quiet(Quiet),
    /// The conversation is gone: erased.
    Gone,
}

/// What is left to do after a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Called {
    /// It came before anything was due: to be called again then.
    pub again: Option<Timestamp>,
    /// What is for whoever sends mail is due ([`Engine::fallback`], [`Engine::tell_agents`], [`Engine::send_transcripts`]). It stands until
    /// that has settled it.
    pub mail: bool,
}

/// Everything that the rules look at, read once per try.
struct Present {
    head: Head,
    thread: Vec<Entry>,
    site: Site,
    settings: Settings,
    members: Vec<Member>,
    shopper: Option<Shopper>,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// What follows from the thread's entry `seq`.
    pub async fn react(&self, conversation: ConversationId, seq: u64) -> Result<Reacted, Failure> {
        self.decide_and_store(conversation, |present| {
            let entry = present.thread.iter().find(|entry| entry.seq == seq)?;
            Some(cause_of(entry, &present.thread))
        })
        .await
    }

    /// What follows from a deadline of the head, if it stands there and is due. Whatever follows, it is taken away.
    pub async fn deadline_due(
        &self,
        conversation: ConversationId,
        deadline: Deadline,
    ) -> Result<Reacted, Failure> {
        self.decide_and_store(conversation, |present| {
            let Armed { due, seq } = *present.head.deadlines.get(&deadline)?;
            Some(Cause::Due { deadline, seq, due })
        })
        .await
    }

    /// Looks at whatever of a conversation is due. What stands after something was done has moved the head, and is called by that.
    pub async fn called(&self, conversation: ConversationId) -> Result<Called, Failure> {
        let mut called = Called::default();
        let Some(head) = self.store.head(conversation).await? else { return Ok(called) };
        let due = head.due(self.env.now());
        if due.is_empty() {
            called.again = head.next_due();
        }
        for (deadline, _) in due {
            if deadline.is_for_mail() {
                called.mail = true;
                continue;
            }
            let reacted = self.deadline_due(conversation, deadline).await?;
            tracing::debug!(%conversation, deadline = deadline.name(), ?reacted, "a deadline was due");
        }
        Ok(called)
    }

    /// Reads, decides, stores; again when somebody else was quicker.
    async fn decide_and_store(
        &self,
        conversation: ConversationId,
        cause: impl Fn(&Present) -> Option<Cause>,
    ) -> Result<Reacted, Failure> {
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                self.env.sleep(jitter(attempt, self.env.random())).await;
            }
            let present = match self.present(conversation).await {
                Ok(Some(present)) => present,
                Ok(None) => return Ok(Reacted::Gone),
                Err(Failure::Busy) => continue,
                Err(failure) => return Err(failure),
            };
            let Some(cause) = cause(&present) else { return Ok(Reacted::Quiet(Quiet::Done)) };
            let now = self.env.now();
            let decision = present.decide(cause, now);
            if let Some(reacted) = self.carry_out(&present, cause, decision, now).await? {
                if let Cause::Entry { said: Said::First, .. } = cause {
                    self.count_still_needed(&present.head, &present.thread).await?;
                }
                return Ok(reacted);
            }
        }
        Err(Failure::Busy)
    }

    async fn present(&self, conversation: ConversationId) -> Result<Option<Present>, Failure> {
        let Some(head) = self.store.head(conversation).await? else { return Ok(None) };
        let Some(site) = self.store.site(&head.site).await? else { return Ok(None) };
        let configured = self.configured(&site).await?;
        let members = self.store.members(&site.id).await?;
        let shopper = self.store.shopper(head.shopper).await?;
        let thread = self.whole_thread(conversation).await?;
        Ok(Some(Present { head, thread, site, settings: configured.settings, members, shopper }))
    }

    async fn whole_thread(&self, conversation: ConversationId) -> Result<Vec<Entry>, StoreError> {
        let mut thread: Vec<Entry> = Vec::new();
        loop {
            let after = thread.last().map_or(0, |entry| entry.seq);
            let page = self.store.entries(conversation, Log::Thread, after, PAGE).await?;
            let ends = page.entries.is_empty() || !page.more;
            thread.extend(page.entries);
            if ends || thread.len() >= MAX_ENTRIES || answered(&thread) {
                return Ok(thread);
            }
        }
    }

    /// One transaction for what is said and the deadlines that stand from then on. `None`: the head has moved.
    async fn carry_out(
        &self,
        present: &Present,
        cause: Cause,
        decision: Decision,
        now: Timestamp,
    ) -> Result<Option<Reacted>, Failure> {
        let head = &present.head;
        let mut deadlines = head.deadlines.clone();
        // It has been looked at. (What is early stays.)
        if let Cause::Due { deadline, .. } = cause
            && decision.quiet != Some(Quiet::NotYet)
        {
            deadlines.remove(&deadline);
        }
        let mut speech = Speech { message: None, form: None, armed: 0 };
        for action in decision.actions {
            match action {
                Action::Say(said) => speech.message = Some(said),
                Action::Arm { deadline, seq, due } => {
                    speech.armed += 1;
                    deadlines.insert(deadline, Armed { due, seq });
                }
                Action::AskForm(why, client_id) => {
                    speech.form = Some(Asking { fields: present.questions(), why, client_id });
                }
            }
        }
        match speech {
            Speech { message: None, form: None, armed } => {
                self.arm(head, deadlines, armed, decision.quiet).await
            }
            speech => self.speak(head, speech, deadlines, now).await,
        }
    }

    async fn speak(
        &self,
        head: &Head,
        speech: Speech,
        deadlines: Deadlines,
        now: Timestamp,
    ) -> Result<Option<Reacted>, Failure> {
        let Speech { message, form, armed } = speech;
        let asked = form.is_some();
        let rules: Vec<&str> = message
            .iter()
            .map(|message| message.why)
            .chain(form.iter().map(|form| form.why))
            .map(|why| why.rule.name())
            .collect();
        let said = message.as_ref().map(|message| message.kind);
        // One transaction has one receipt; that there is one form is the head's to know.
        let ids = [message.as_ref().map(|m| m.client_id), form.as_ref().map(|form| form.client_id)];
        let Some(client_id) = ids.into_iter().flatten().next() else { return Ok(None) };
        let text = message.as_ref().map_or("", |message| &message.text);
        let fingerprint = fingerprint_of(text);
        let Ok(change) = speak(head, message.as_ref(), form, deadlines.clone(), now) else {
            return Ok(Some(Reacted::Quiet(Quiet::ConversationClosed)));
        };
        let receipt =
            Receipt { conversation: head.id, log: change.log, seq: change.seq, at: now, fingerprint };
        let commit = Commit {
            head: change.head.clone(),
            expected_rev: Some(head.rev),
            entries: change.entries.clone(),
            profile: None,
            sender: Sender::Shop(head.id),
            client_id,
            receipt,
        };
        match self.store.commit(&commit).await {
            Ok(()) => {
                self.fan_out(&change.head, &change.entries).await;
                tracing::info!(conversation = %head.id, ?rules, seq = change.seq, "said automatically");
                Ok(Some(Reacted::Done { said, asked, armed }))
            }
            // The same cause has had its message, perhaps another one, as things were then. Its deadlines stand too, unless they
            // have been changed since.
            Err(CommitError::Repeated) => self.arm(head, deadlines, 0, Some(Quiet::Done)).await,
            Err(CommitError::Moved) => Ok(None),
            // Unknown: read again, and find it sent or not.
            Err(CommitError::Store(StoreError::Unavailable(what))) => {
                tracing::warn!(what, "the store is unavailable");
                Ok(None)
            }
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    async fn arm(
        &self,
        head: &Head,
        deadlines: Deadlines,
        armed: usize,
        quiet: Option<Quiet>,
    ) -> Result<Option<Reacted>, Failure> {
        let reacted = match quiet {
            Some(quiet) => Reacted::Quiet(quiet),
            None => Reacted::Done { said: None, asked: false, armed },
        };
        let Some(next) = head.with_deadlines(deadlines) else { return Ok(Some(reacted)) };
        match self.store.arm(&next).await {
            Ok(true) => Ok(Some(reacted)),
            Ok(false) => Ok(None),
            Err(StoreError::Unavailable(what)) => {
                tracing::warn!(what, "the store is unavailable");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What a decision says and asks.
struct Speech {
    message: Option<Message>,
    form: Option<Asking>,
    armed: usize,
}

impl Present {
    fn questions(&self) -> Vec<AskedField> {
        questions(&self.settings, self.shopper.as_ref())
    }

    fn form(&self) -> FormState {
        match self.head.form {
            Some(_) => FormState::Asked,
            None if self.questions().is_empty() => FormState::NothingToAsk,
            None => FormState::Unasked,
        }
    }

    fn decide(&self, cause: Cause, now: Timestamp) -> Decision {
        let zone = self.shopper.as_ref().and_then(|shopper| Zone::named(shopper.time_zone.as_deref()?));
        let sent: Vec<ReplyKind> = self.thread.iter().filter_map(|entry| entry.why?.rule.sends()).collect();
        let situation = Situation {
            conversation: self.head.id,
            settings: &self.settings,
            hours: self.settings.hours.status(now),
            agents_online: anybody_online(&self.members, now),
            closed: !self.head.is_open(),
            answered: answered(&self.thread),
            taken: self.head.owner.is_some() || !self.head.participants.is_empty(),
            proactive: self
                .thread
                .first()
                .is_some_and(|entry| entry.author != Author::Shopper && entry.bot.is_none()),
            held: self.head.held,
            form: self.form(),
            sent: &sent,
            language: self.shopper.as_ref().and_then(|shopper| shopper.language.as_deref()),
            zone: zone.as_ref(),
        };
        tracing::debug!(site = %self.site.id, ?cause, "deciding");
        decide(cause, &situation, now)
    }
}

/// A person has written.
fn answered(thread: &[Entry]) -> bool {
    thread.iter().any(Entry::is_answer)
}

fn is_shoppers_message(entry: &Entry) -> bool {
    matches!((&entry.author, &entry.body), (Author::Shopper, Body::Message { .. }))
}

fn cause_of(entry: &Entry, thread: &[Entry]) -> Cause {
    let writer = match entry.author {
        Author::Shopper => Writer::Shopper,
        Author::Agent { .. } => Writer::Agent,
        Author::System if entry.why.is_some() || entry.bot.is_some() => Writer::Bot,
        Author::System => Writer::System,
    };
    if entry.releases {
        return Cause::Released { seq: entry.seq, at: entry.at };
    }
    let words = is_shoppers_message(entry) && !is_for_the_bot(entry);
    if hands_over(entry) && !words {
        return Cause::HandedOver { seq: entry.seq, at: entry.at };
    }
    // What a bot answers is none that waits for a person.
    let first = thread.iter().find(|entry| is_shoppers_message(entry) && !is_for_the_bot(entry));
    let first = first.map(|entry| entry.seq);
    let said = match &entry.body {
        Body::Message { .. } if first == Some(entry.seq) => Said::First,
        Body::Message { .. } => Said::Later,
        Body::Faq(_) => Said::Faq,
        Body::Joined
        | Body::Left
        | Body::Closed
        | Body::Form { .. }
        | Body::Answer(_)
        | Body::Note { .. }
        | Body::Assigned { .. }
        | Body::Grouped { .. }
        | Body::HandedOver
        | Body::Triggered { .. }
        | Body::Mailed { .. }
        | Body::Mail { .. } => Said::Nothing,
    };
    Cause::Entry { seq: entry.seq, at: entry.at, writer, said }
}
