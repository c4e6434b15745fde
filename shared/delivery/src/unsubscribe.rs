//! Whoever wants no more mails says so by a link in one.

use crate::fallback::address_hash;
use crate::inbound::mail_id;
use crate::{Engine, Failure, secret};
use domain::conversation::{Body, Log, MailClass, note_arrival};
use domain::ports::{Environment, MailLink, Purpose, Push, Sender, Store, StoreError, Suppressed};

/// Agents' entries in which the address is looked for that a mail went to.
const LOOKED_AT: usize = 100;

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// What a link that ends mails is for; `None`: it is no such link, or has ended.
    pub async fn unsubscribe_link(&self, secret: &str) -> Result<Option<MailLink>, Failure> {
        Ok(self.store.mail_link(secret::hash(secret), Purpose::Unsubscribe, self.env.now()).await?)
    }

    /// From now on the address that the link went to gets no mail of this site, and the agents of the conversation that it was about
    /// are told. As often as it is asked for, and never taken back.
    pub async fn unsubscribe(&self, link: &MailLink) -> Result<(), Failure> {
        let first =
            self.store.suppress(&link.site, link.address, Suppressed::Unsubscribed, self.env.now()).await?;
        let address = self.address_of(link).await?.unwrap_or_default();
        let id = mail_id("unsubscribed", &[&link.conversation.to_string()]);
        let told = self
            .keep_trying(link.conversation, |head| {
                let (class, from) = (MailClass::Unsubscribed, address.clone());
                let change = note_arrival(head, class, from, String::new(), None, id, self.env.now());
                Ok((change, Sender::Shop(head.id), id, link.address))
            })
            .await?;
        if let Some(told) = told {
            self.fan_out(&told.head, &told.entries).await;
        }
        tracing::info!(site = %link.site, conversation = %link.conversation, first, "unsubscribed");
        Ok(())
    }

    /// The address that a link went to, of which it knows the hash alone: the shopper's, or one that the conversation was mailed to before.
    async fn address_of(&self, link: &MailLink) -> Result<Option<String>, StoreError> {
        let is_it = |address: &String| address_hash(address) == link.address;
        let Some(head) = self.store.head(link.conversation).await? else { return Ok(None) };
        let shopper = self.store.shopper(head.shopper).await?;
        if let Some(known) = shopper.and_then(|shopper| shopper.email).filter(is_it) {
            return Ok(Some(known));
        }
        let back = self.store.entries_back(head.id, Log::Backstage, head.numbers.b, LOOKED_AT).await?;
        let mailed = back.into_iter().find_map(|entry| match entry.body {
            Body::Mailed { to, .. } => Some(to).filter(is_it),
            _ => None,
        });
        Ok(mailed)
    }
}
