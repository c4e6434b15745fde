//! Called asynchronously for a conversation whose unseen answer is due: looks, mails what is to be mailed, settles the deadline. What fails is
//! called again by Lambda, twice, and then laid aside; the deadline stands all the while, and the sweep calls again.

use delivery::{Engine, Failure, FellBack, MailRoom};
use domain::ConversationId;
use domain::ports::{Environment, Mailer, Parked, Parking, Push, QueueError, Store};

/// The function.
#[derive(Debug)]
pub struct EmailFallback<E, R, K> {
    pub engine: E,
    pub room: R,
    pub parking: K,
}

/// Nothing is settled: to be called again.
#[derive(Debug, thiserror::Error)]
pub enum NotSettled {
    #[error("not an event of ours")]
    NotAnEvent,
    #[error("failed: {0:?}")]
    Failed(Failure),
    #[error(transparent)]
    NotParked(#[from] QueueError),
}

impl<S: Store, P: Push, E: Environment, M: Mailer, K: Parking>
    EmailFallback<Engine<S, P, E>, MailRoom<M>, K>
{
    /// What came of it.
    pub async fn handle(&self, conversation: Option<ConversationId>) -> Result<FellBack, NotSettled> {
        let conversation = conversation.ok_or(NotSettled::NotAnEvent)?;
        // On the heap: nested as it is, its type would be too deep for the compiler.
        let fallback = Box::pin(self.engine.fallback(&self.room, conversation));
        let ended = fallback.await.map_err(NotSettled::Failed)?;
        // It is looked at again by itself; but why SES refuses is for a person to find out, and what is parked rings.
        if let FellBack::Refused { again } = ended {
            let reason = match again {
                Some(_) => "SES refuses this conversation's mail; it is tried again. The log says why",
                None => "SES has refused this conversation's mail for two weeks; it is given up",
            };
            let keys = conversation.to_string();
            self.parking.park(&Parked { by: "email-fallback", keys, reason: reason.into() }).await?;
        }
        Ok(ended)
    }
}
