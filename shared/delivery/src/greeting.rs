//! `hello`, `open`, `ping`: register first, then read. Reading first would lose what is committed in between.

use crate::availability::Picture;
use crate::{Engine, Failure, inbox};
use domain::connection::{Connection, Identity, LEASE, LONGEST, Registration, Topic};
use domain::conversation::Numbers;
use domain::inbox::List;
use domain::people::Actor;
use domain::ports::{Environment, Push, Store, visible};
use domain::rate::CONNECTIONS_PER_SHOPPER;
use domain::{ClientId, ConversationId};
use futures::future::join_all;
use protocol::ServerFrame;
use protocol::client;
use protocol::server::{Bye, ByeReason, Pong, PongHead, Ready};
use std::sync::Arc;

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Registers a connection and brings it up to date.
    pub async fn hello(
        &self,
        connection: &Connection,
        id: ClientId,
        hello: client::Hello,
    ) -> Result<(), Failure> {
        let actor = connection.actor();
        let list = hello.list.unwrap_or(client::ListName::Queue).into();
        let viewing = match &connection.identity {
            Identity::Shopper { .. } => None,
            Identity::Agent { .. } => hello.conversations.first().map(|known| known.conversation_id),
        };
        let viewing = match viewing {
            Some(conversation) => match self.reach(&actor, conversation).await {
                Ok(head) => Some(head.id),
                Err(Failure::NotFound) => None,
                // Greeted without listening, this connection would hear nothing until its next heartbeat, and then again nothing.
                Err(failure) => return Err(failure),
            },
            None => None,
        };
        self.register(connection, Some(list), viewing).await?;
        // Before it is greeted: until then no other frame of it is taken.
        if !self.may_chat(connection).await? {
            return Ok(());
        }
        self.watch(connection, viewing).await?;
        if !self.still_welcome(connection).await? {
            return Ok(());
        }

        let open = self.open_of(&actor).await?;
        let mut wanted: Vec<(ConversationId, Numbers)> = hello
            .conversations
            .iter()
            .map(|known| {
                let after = if known.epoch == self.epoch { known.after } else { client::Numbers::default() };
                (known.conversation_id, Numbers { t: after.t, b: after.b })
            })
            .collect();
        if let Some(open) = open
            && !wanted.iter().any(|(conversation, _)| *conversation == open)
        {
            wanted.push((open, Numbers::default()));
        }
        let mut absent = Vec::new();
        for (conversation, after) in wanted {
            match self.send_pages(connection, &actor, conversation, after, hello.newest).await {
                Ok(()) => {}
                Err(Failure::NotFound) => absent.push(conversation.to_string()),
                Err(failure) => return Err(failure),
            }
        }
        let picture = self.picture_for(connection).await;
        let ready = Ready {
            id: id.to_string(),
            epoch: self.epoch.clone(),
            now: self.env.now().millis(),
            open: open.map(|open| open.to_string()),
            absent,
            availability: picture.as_ref().map(|picture| picture.availability(self.env.now())),
            version: picture.map(|picture| picture.configured.version),
        };
        self.post(&connection.id, &ServerFrame::Ready(ready)).await;
        Ok(())
    }

    /// An agent looks at another conversation, or at none.
    pub async fn open(
        &self,
        connection: &Connection,
        id: ClientId,
        open: client::Open,
    ) -> Result<(), Failure> {
        let actor = connection.actor();
        if !actor.is_agent() {
            return Err(Failure::Forbidden);
        }
        let head = match open.conversation_id {
            Some(conversation) => Some(self.reach(&actor, conversation).await?),
            None => None,
        };
        self.watch(connection, head.as_ref().map(|head| head.id)).await?;
        let mut ack = protocol::server::Ack {
            id: id.to_string(),
            conversation_id: None,
            epoch: self.epoch.clone(),
            log: protocol::server::LogName::Thread,
            seq: 0,
            at: self.env.now().millis(),
        };
        if let Some(head) = head {
            let after = Numbers { t: open.after.t, b: open.after.b };
            self.send_pages(connection, &actor, head.id, after, open.newest).await?;
            ack.conversation_id = Some(head.id.to_string());
            ack.seq = head.numbers.t;
        }
        self.post(&connection.id, &ServerFrame::Ack(ack)).await;
        Ok(())
    }

    /// Heartbeat: renews what `hello` registered and answers with what differs.
    pub async fn ping(
        &self,
        connection: &Connection,
        id: ClientId,
        ping: client::Ping,
    ) -> Result<(), Failure> {
        let actor = connection.actor();
        let list = ping.list.as_ref().map(|list| List::from(list.name));
        self.register(connection, list, connection.viewing).await?;
        if !self.still_welcome(connection).await? {
            return Ok(());
        }
        let picture = self.picture_for(connection).await;
        // Whom publishing has not reached: killed in between, or the registry could not be read.
        if let (Some(picture), Identity::Shopper { id }) = (&picture, &connection.identity)
            && picture.configured.settings.visibility.admits(id.is_verified()).is_err()
        {
            self.dismiss(&connection.id, ByeReason::Visibility).await;
            return Ok(());
        }
        let mut heads = Vec::new();
        for known in &ping.conversations {
            let head = match self.reach(&actor, known.conversation_id).await {
                Ok(head) => head,
                Err(Failure::NotFound) => continue,
                // Left out of a pong it would look as if there were no such conversation.
                Err(failure) => return Err(failure),
            };
            let cursors = self.store.cursors(head.id).await?;
            heads.push(PongHead {
                conversation_id: head.id.to_string(),
                numbers: visible(head.numbers, actor.is_agent()).into(),
                cursors: cursors.into(),
            });
        }
        if let (Some(shown), Actor::Agent { id: agent, site, .. }) = (&ping.list, &actor) {
            let page = self.list(site, *agent, shown.name.into(), None, domain::inbox::DIGEST_ROWS).await?;
            if domain::inbox::digest(&page.heads) != shown.digest {
                self.post(&connection.id, &ServerFrame::Rows(inbox::rows(shown.name, &page))).await;
            }
        }
        let pong = Pong {
            id: id.to_string(),
            epoch: self.epoch.clone(),
            now: self.env.now().millis(),
            heads,
            open: self.open_of(&actor).await?.map(|open| open.to_string()),
            availability: picture.as_ref().map(|picture| picture.availability(self.env.now())),
            version: picture.map(|picture| picture.configured.version),
        };
        self.post(&connection.id, &ServerFrame::Pong(pong)).await;
        Ok(())
    }

    /// The dashboard shows another list.
    pub async fn show_list(&self, connection: &Connection, show: &client::ShowList) -> Result<(), Failure> {
        let Identity::Agent { id: agent, .. } = &connection.identity else { return Err(Failure::Forbidden) };
        self.register(connection, Some(show.list.into()), None).await?;
        let page =
            self.list(&connection.site, *agent, show.list.into(), None, domain::inbox::DIGEST_ROWS).await?;
        self.post(&connection.id, &ServerFrame::Rows(inbox::rows(show.list, &page))).await;
        Ok(())
    }

    /// For a shopper's connection, which is told of the shop's availability.
    async fn picture_for(&self, connection: &Connection) -> Option<Arc<Picture>> {
        match connection.identity {
            Identity::Shopper { .. } => self.picture(&connection.site).await,
            Identity::Agent { .. } => None,
        }
    }

    /// A shopper's newcomer is registered among those of its kind, then the visibility is read: see [`crate::visibility`]. Until it ends: a
    /// connection lives for two hours at most.
    async fn may_chat(&self, connection: &Connection) -> Result<bool, Failure> {
        let Identity::Shopper { id } = connection.identity else { return Ok(true) };
        if connection.greeted {
            return Ok(true);
        }
        let registration = Registration {
            connection: connection.id.clone(),
            session: connection.session,
            agent: None,
            list: None,
            expires_at: connection.connected_at.plus(LONGEST),
        };
        self.store.register(&Topic::shoppers(&connection.site, id), &registration).await?;
        match self.admit_shopper(&connection.site, id).await {
            Ok(()) => Ok(true),
            Err(Failure::SwitchedOff | Failure::SignInRequired { .. }) => {
                self.dismiss(&connection.id, ByeReason::Visibility).await;
                Ok(false)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn open_of(&self, actor: &Actor) -> Result<Option<ConversationId>, Failure> {
        match actor {
            Actor::Shopper { id, .. } => Ok(self.store.open_conversation(*id).await?),
            Actor::Agent { .. } => Ok(None),
        }
    }

    /// Under everything that this connection listens to; also what renews it.
    async fn register(
        &self,
        connection: &Connection,
        list: Option<List>,
        viewing: Option<ConversationId>,
    ) -> Result<(), Failure> {
        let agent = match &connection.identity {
            Identity::Shopper { .. } => None,
            Identity::Agent { id, .. } => Some(*id),
        };
        let registration = Registration {
            connection: connection.id.clone(),
            session: connection.session,
            agent,
            list,
            expires_at: self.env.now().plus(LEASE),
        };
        match &connection.identity {
            Identity::Shopper { id } => self.store.register(&Topic::Shopper(*id), &registration).await?,
            Identity::Agent { .. } => {
                if list.is_some() {
                    self.store.register(&Topic::Site(connection.site.clone()), &registration).await?;
                }
                if let Some(conversation) = viewing {
                    self.store.register(&Topic::Conversation(conversation), &registration).await?;
                }
            }
        }
        Ok(())
    }

    /// Moves an agent's connection from the conversation looked at before to `viewing`; marks it as greeted.
    async fn watch(&self, connection: &Connection, viewing: Option<ConversationId>) -> Result<(), Failure> {
        if connection.greeted && connection.viewing == viewing && viewing.is_none() {
            return Ok(());
        }
        if let Some(before) = connection.viewing.filter(|before| Some(*before) != viewing) {
            self.store.unregister(&Topic::Conversation(before), &connection.id).await?;
        }
        // The row names what is registered before it is, so that forgetting the connection finds it.
        self.store.greet(&connection.id, viewing).await?;
        if viewing.is_some() {
            self.register(connection, None, viewing).await?;
        }
        Ok(())
    }

    /// After registering: a shopper has room for one more connection, an agent is still the member that the ticket was for.
    /// Registered first, so that whoever ends a membership either is seen here or sees this connection.
    async fn still_welcome(&self, connection: &Connection) -> Result<bool, Failure> {
        let reason = match &connection.identity {
            Identity::Shopper { id } => {
                // Also of who is in: whoever ended the session may have been killed before it said so.
                if !self.session_lives(connection).await? {
                    Some(ByeReason::SessionEnded)
                } else if connection.greeted {
                    None
                } else {
                    // Only a newcomer is turned away for want of room.
                    self.is_full(Topic::Shopper(*id)).await.then_some(ByeReason::TooMany)
                }
            }
            Identity::Agent { id, version, name, .. } => {
                let member = self.store.sign_of_life(&connection.site, *id, None, self.env.now()).await?;
                let same = member.filter(|member| member.active && member.version == *version);
                // Called something else since the ticket: so are the messages from now on.
                if let Some(member) = same.as_ref().filter(|member| member.name != *name) {
                    self.store.rename(&connection.id, &member.name).await?;
                }
                same.is_none().then_some(ByeReason::MembershipChanged)
            }
        };
        if let Some(reason) = reason {
            self.dismiss(&connection.id, reason).await;
        }
        Ok(reason.is_none())
    }

    /// Whether a shopper has too many connections. Those whose end nobody was told of do not count (`$disconnect` is best effort,
    /// and on a bad network ten come together within one lease): when there seem to be too many, each is asked for.
    async fn is_full(&self, topic: Topic) -> bool {
        let registered = self.registered(topic).await;
        if registered.len() <= CONNECTIONS_PER_SHOPPER {
            return false;
        }
        let asked = registered.iter().map(|registration| async {
            let gone = self.push.is_gone(&registration.connection).await;
            if gone {
                self.forget(&registration.connection).await;
            }
            !gone
        });
        join_all(asked).await.into_iter().filter(|there| *there).count() > CONNECTIONS_PER_SHOPPER
    }

    /// Whether the session that asked for the ticket has not been ended meanwhile.
    async fn session_lives(&self, connection: &Connection) -> Result<bool, Failure> {
        let Some(session) = connection.session else { return Ok(true) };
        Ok(self.store.known_session(session, self.env.now()).await?.is_some())
    }

    /// Says why, forgets, cuts. Forgetting comes before cutting: a frame that is under way finds nobody.
    pub(crate) async fn dismiss(&self, connection: &domain::ConnectionId, reason: ByeReason) {
        self.post(connection, &ServerFrame::Bye(Bye { reason })).await;
        if let Err(error) = self.store.disconnect(connection).await {
            tracing::error!(%error, "a dismissed connection could not be forgotten");
        }
        self.push.cut(connection).await;
    }
}
