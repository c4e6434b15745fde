//! What passes by and is not kept in a log: cursors, typing, the page being looked at, who is there.

use crate::fan_out::Audience;
use crate::{Engine, Failure};
use domain::ConnectionId;
use domain::connection::{Connection, Topic};
use domain::cursor::{Cursor, Reader};
use domain::people::Actor;
use domain::ports::{Environment, Push, Store};
use protocol::ServerFrame;
use protocol::client;
use protocol::server::{AgentPresence, Author, Seen, Typing, Visit};

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Moves a side's cursors. The team's move only with an agent who has joined: a shopper is not to learn of silent
    /// readers. Any agent who has seen the last message takes the mark *unread* away.
    pub async fn seen(
        &self,
        actor: &Actor,
        origin: Option<&ConnectionId>,
        seen: &client::Seen,
    ) -> Result<(), Failure> {
        let head = self.reach(actor, seen.conversation_id).await?;
        let claim = Cursor::claim(seen.seen, seen.delivered, head.numbers.t);
        let reader = match actor {
            Actor::Shopper { .. } => Some(Reader::Shopper),
            Actor::Agent { id, .. } => head.participants.contains(id).then_some(Reader::Team),
        };
        if actor.is_agent()
            && claim.seen == head.numbers.t
            && let Some(read) = head.read_by_team()
        {
            // Lost to a newer head: then there is something newer, and it is unread.
            self.store.mark_read(&read).await?;
        }
        let Some(reader) = reader else { return Ok(()) };
        if let Some(now) = self.store.advance(head.id, reader, claim).await? {
            let frame = ServerFrame::Seen(Seen {
                conversation_id: head.id.to_string(),
                reader: reader.into(),
                seen: now.seen,
                delivered: now.delivered,
            });
            self.tell(&head, Audience::Both, origin, &frame).await;
        }
        Ok(())
    }

    /// Passed on and forgotten. A shopper's is for agents; an agent's for the shopper and for colleagues.
    pub async fn typing(
        &self,
        actor: &Actor,
        origin: Option<&ConnectionId>,
        typing: &client::Typing,
    ) -> Result<(), Failure> {
        let head = self.reach(actor, typing.conversation_id).await?;
        if !head.is_open() {
            return Err(Failure::Closed);
        }
        let (author, audience) = match actor {
            Actor::Shopper { .. } => (Author::Shopper, Audience::Agents),
            Actor::Agent { id, name, .. } => {
                (Author::Agent { id: id.to_string(), name: name.clone() }, Audience::Both)
            }
        };
        let frame = ServerFrame::Typing(Typing { conversation_id: head.id.to_string(), author });
        self.tell(&head, audience, origin, &frame).await;
        Ok(())
    }

    /// The page that a shopper looks at.
    pub async fn visit(&self, connection: &Connection, page: client::Page) -> Result<(), Failure> {
        let Actor::Shopper { id, .. } = connection.actor() else { return Err(Failure::Forbidden) };
        let now = self.env.now();
        let page = domain::people::Page::from(page);
        self.store.visit(id, &page, now).await?;
        if let Some(open) = self.store.open_conversation(id).await? {
            let frame = ServerFrame::Visit(Visit {
                shopper_id: id.to_string(),
                page: (&page).into(),
                at: now.millis(),
            });
            let watching = self.registered(Topic::Conversation(open)).await;
            self.post_all(&watching, &frame).await;
        }
        Ok(())
    }

    /// An agent chooses what to be for others.
    pub async fn choose_presence(
        &self,
        connection: &Connection,
        chosen: client::PresenceStatus,
    ) -> Result<(), Failure> {
        let Actor::Agent { id, site, .. } = connection.actor() else { return Err(Failure::Forbidden) };
        let member = self
            .store
            .sign_of_life(&site, id, Some(chosen.into()), self.env.now())
            .await?
            .ok_or(Failure::NotFound)?;
        let status = member.presence(self.env.now()).into();
        let frame = ServerFrame::Presence(AgentPresence { agent_id: id.to_string(), status });
        let dashboards = self.registered(Topic::Site(site)).await;
        self.post_all(&dashboards, &frame).await;
        Ok(())
    }
}
