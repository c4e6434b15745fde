//! Called asynchronously for a conversation of which something is due by mail: an answer that its shopper has not seen, somebody whom agents
//! are to be told of, a transcript. Each is looked at, mailed if it is to be, and its deadline settled. What fails is
//! called again by Lambda, twice, and then laid aside; the deadline stands all the while, and the sweep calls again.

use delivery::{AgentsTold, Engine, Failure, FellBack, MailRoom, TranscriptsSent};
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

/// What came of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    pub answers: FellBack,
    pub agents: AgentsTold,
    pub transcripts: TranscriptsSent,
}

impl<S: Store, P: Push, E: Environment, M: Mailer, K: Parking>
    EmailFallback<Engine<S, P, E>, MailRoom<M>, K>
{
    /// What came of it.
    pub async fn handle(&self, conversation: Option<ConversationId>) -> Result<Looked, NotSettled> {
        let conversation = conversation.ok_or(NotSettled::NotAnEvent)?;
        // On the heap: nested as they are, their types would be too deep for the compiler. What fails of one is no matter of the others.
        let answers = Box::pin(self.engine.fallback(&self.room, conversation)).await;
        let agents = Box::pin(self.engine.tell_agents(&self.room, conversation)).await;
        let transcripts = Box::pin(self.engine.send_transcripts(&self.room, conversation)).await;
        // It is looked at again by itself; but why SES refuses is for a person to find out, and what is parked rings.
        if let Some(again) = refused(&answers, &agents, &transcripts) {
            let reason = match again {
                true => "SES refuses this conversation's mail; it is tried again. The log says why",
                false => "SES has refused this conversation's mail for days; it is given up",
            };
            let keys = conversation.to_string();
            self.parking.park(&Parked { by: "email-fallback", keys, reason: reason.into() }).await?;
        }
        Ok(Looked {
            answers: answers.map_err(NotSettled::Failed)?,
            agents: agents.map_err(NotSettled::Failed)?,
            transcripts: transcripts.map_err(NotSettled::Failed)?,
        })
    }
}

/// Whether SES has refused something, and all of that is tried again. What fails of one hides nothing of the others.
fn refused(
    answers: &Result<FellBack, Failure>,
    agents: &Result<AgentsTold, Failure>,
    transcripts: &Result<TranscriptsSent, Failure>,
) -> Option<bool> {
    let answers = match answers {
        Ok(FellBack::Refused { again }) => Some(again.is_some()),
        _ => None,
    };
    let agents = match agents {
        Ok(AgentsTold::Refused { again }) => Some(again.is_some()),
        _ => None,
    };
    let transcripts = match transcripts {
        Ok(TranscriptsSent::Refused { again }) => Some(again.is_some()),
        _ => None,
    };
    [answers, agents, transcripts].into_iter().flatten().min()
}
