//! What came with a mail, and the mail as it came: for whoever may read its entry, and for nobody else.

use crate::{Engine, Failure};
use domain::ConversationId;
use domain::conversation::{Attached, FileKey, Log, MailMark};
use domain::people::Actor;
use domain::ports::{Environment, Push, Store};

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// A file of the entry with that number. Foreign, guessed, another entry's: all of it does not exist.
    pub async fn attached(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        (log, seq): (Log, u64),
        key: FileKey,
    ) -> Result<Attached, Failure> {
        let mark = self.mail_mark(actor, conversation, (log, seq)).await?;
        mark.attachments.into_iter().find(|file| file.key == key).ok_or(Failure::NotFound)
    }

    /// What an entry says of the mail that it came by.
    pub async fn mail_mark(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        (log, seq): (Log, u64),
    ) -> Result<MailMark, Failure> {
        let head = self.reach(actor, conversation).await?;
        if log == Log::Backstage && !actor.is_agent() {
            return Err(Failure::NotFound);
        }
        let before = seq.checked_sub(1).ok_or(Failure::NotFound)?;
        let page = self.store.entries(head.id, log, before, 1).await?;
        let entry = page.entries.into_iter().find(|entry| entry.seq == seq);
        entry.and_then(|entry| entry.mail).map(|mark| *mark).ok_or(Failure::NotFound)
    }
}
