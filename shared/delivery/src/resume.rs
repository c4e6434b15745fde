//! A mail's button, followed in a browser that does not know the conversation (E4).
//!
//! What the button holds is exchanged for what the browser holds, and both are good for one conversation: its thread is shown, and messages
//! are taken in it. Neither makes anybody a shopper: there is no session, no ticket, no profile, no other conversation, and nobody is
//! verified by it. Both end with the seven days of the link, with the conversation, when the shopper signs in at the shop (it is the customer's
//! then), and when the address has bounced or complained: who reads there now may be somebody else.

use crate::secret::{self, Secret};
use crate::visibility::barred_failure;
use crate::{Engine, Failure};
use domain::conversation::Head;
use domain::people::Site;
use domain::ports::{Environment, MailLink, Purpose, Push, Store, Suppressed};
use domain::rate::{Quota, RESUMED_PER_ADDRESS, RESUMES_PER_ADDRESS};
use domain::{ConversationId, SiteId};

/// What came of following a button.
#[derive(Debug)]
pub enum Resumed {
    /// The conversation is that browser's own: it needs nothing of ours.
    Own {
        conversation: ConversationId,
    },
    Opened {
        secret: Secret,
        link: MailLink,
    },
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Exchanges what a button holds, as often as it is followed: mail programs look first. `bearer`: the session that the browser has. What is
    /// guessed, expired, of another site or ended is absent.
    pub async fn resume(
        &self,
        site: &Site,
        address: &str,
        button: &str,
        bearer: Option<&str>,
    ) -> Result<Resumed, Failure> {
        self.admit_by_link(&site.id).await?;
        self.count(RESUMES_PER_ADDRESS, address).await?;
        let now = self.env.now();
        let link = self.store.mail_link(secret::hash(button), Purpose::Resume, now).await?;
        let link = link.filter(|link| link.site == site.id).ok_or(Failure::NotFound)?;
        let head = self.store.head(link.conversation).await?.ok_or(Failure::NotFound)?;
        if let Some(bearer) = bearer
            && let Ok(session) = self.session(bearer).await
            && session.site == site.id
            && session.shopper == head.shopper
        {
            self.store.warm(&link.site, link.address, now).await?;
            return Ok(Resumed::Own { conversation: head.id });
        }
        if !self.still_good(&link, &head).await? {
            return Err(Failure::NotFound);
        }
        self.store.warm(&link.site, link.address, now).await?;
        let secret = Secret::make("res_", &self.env);
        let link = MailLink { purpose: Purpose::Resumed, ..link };
        self.store.keep_mail_link(secret.hash(), &link).await?;
        tracing::info!(site = %link.site, conversation = %link.conversation, "a mail's button was followed");
        Ok(Resumed::Opened { secret, link })
    }

    /// What a browser that has followed a button may reach.
    pub async fn resumed(&self, token: &str, address: &str) -> Result<MailLink, Failure> {
        self.count(RESUMED_PER_ADDRESS, address).await?;
        let link = self.store.mail_link(secret::hash(token), Purpose::Resumed, self.env.now()).await?;
        let link = link.ok_or(Failure::Unauthorized)?;
        let head = self.store.head(link.conversation).await?.ok_or(Failure::Unauthorized)?;
        if self.still_good(&link, &head).await? { Ok(link) } else { Err(Failure::Unauthorized) }
    }

    /// Nobody is verified by a link.
    pub async fn admit_by_link(&self, site: &SiteId) -> Result<(), Failure> {
        self.visibility(site).await?.admits(false).map_err(|barred| barred_failure(barred, None))
    }

    async fn still_good(&self, link: &MailLink, head: &Head) -> Result<bool, Failure> {
        if !head.is_open() || head.shopper != link.shopper {
            return Ok(false);
        }
        let known = self.store.correspondent(&link.site, link.address).await?;
        // Who wants no more mails may still go on where the last one led.
        Ok(!matches!(known.suppressed, Some((Suppressed::Bounced | Suppressed::Complained, _))))
    }

    async fn count(&self, quota: Quota, address: &str) -> Result<(), Failure> {
        let counted = self.store.count(quota, address, self.env.now()).await?;
        counted.map(|_| ()).map_err(|retry_after| Failure::RateLimited { retry_after })
    }
}
