//! Telling others: each listening connection gets one frame per commit. Speed, not certainty: whoever misses a push
//! learns from the numbers.

use crate::Engine;
use crate::history::Page;
use domain::ConnectionId;
use domain::connection::{Registration, Topic};
use domain::conversation::{Entry, Head, Log};
use domain::ports::{Environment, Posted, Push, Store};
use futures::future::join_all;
use protocol::ServerFrame;
use protocol::server::Entries;

/// Who is to hear of something.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Audience {
    /// The shopper's connections and the agents who look at the conversation.
    Both,
    Agents,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// Pushes stored entries to everybody who listens, read *after* the commit: a connection that registers later
    /// reads the entries itself.
    pub async fn fan_out(&self, head: &Head, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        let thread: Vec<&Entry> = entries.iter().filter(|entry| entry.log == Log::Thread).collect();
        let audience = if thread.is_empty() { Audience::Agents } else { Audience::Both };
        let (agents, shoppers) = self.listeners(head, audience).await;
        let for_agents = self.entries_frames(head, entries.iter(), true);
        let for_shopper = self.entries_frames(head, thread.into_iter(), false);
        futures::join!(self.post_each(&agents, &for_agents), self.post_each(&shoppers, &for_shopper));
    }

    /// The same frame to an audience, but not to `except`.
    pub(crate) async fn tell(
        &self,
        head: &Head,
        audience: Audience,
        except: Option<&ConnectionId>,
        frame: &ServerFrame,
    ) {
        let (mut agents, shoppers) = self.listeners(head, audience).await;
        agents.extend(shoppers);
        agents.retain(|registration| Some(&registration.connection) != except);
        self.post_all(&agents, frame).await;
    }

    async fn listeners(&self, head: &Head, audience: Audience) -> (Vec<Registration>, Vec<Registration>) {
        let agents = async {
            // For agents there is no such conversation.
            if head.held { Vec::new() } else { self.registered(Topic::Conversation(head.id)).await }
        };
        match audience {
            Audience::Agents => (agents.await, Vec::new()),
            Audience::Both => futures::join!(agents, self.registered(Topic::Shopper(head.shopper))),
        }
    }

    /// Nobody, when the registry cannot be read: they heal by heartbeat.
    pub(crate) async fn registered(&self, topic: Topic) -> Vec<Registration> {
        match self.store.registered(&topic, self.env.now()).await {
            Ok(registrations) => registrations,
            Err(error) => {
                tracing::warn!(%error, "the registry could not be read; listeners heal by heartbeat");
                Vec::new()
            }
        }
    }

    pub(crate) async fn post_all(&self, to: &[Registration], frame: &ServerFrame) {
        if to.is_empty() {
            return;
        }
        let text = encode(frame);
        join_all(to.iter().map(|registration| self.post_text(&registration.connection, &text))).await;
    }

    /// One after the other, so that they come in their order.
    async fn post_each(&self, to: &[Registration], frames: &[ServerFrame]) {
        for frame in frames {
            self.post_all(to, frame).await;
        }
    }

    /// Posts one frame; a connection that is gone is forgotten.
    pub async fn post(&self, to: &ConnectionId, frame: &ServerFrame) -> Posted {
        self.post_text(to, &encode(frame)).await
    }

    async fn post_text(&self, to: &ConnectionId, text: &str) -> Posted {
        let posted = self.push.post(to, text).await;
        match posted {
            Posted::Delivered => {}
            Posted::Gone => {
                tracing::debug!(connection = %to, "gone; forgotten");
                self.forget(to).await;
            }
            Posted::Failed => {
                tracing::warn!(connection = %to, "a push failed; the client heals by heartbeat")
            }
        }
        posted
    }

    /// A connection that is gone.
    pub(crate) async fn forget(&self, connection: &ConnectionId) {
        if let Err(error) = self.store.disconnect(connection).await {
            tracing::warn!(%error, "a gone connection could not be forgotten; its lease ends it");
        }
    }

    /// One frame; more only where a conversation begins with more than fits one.
    fn entries_frames<'a>(
        &self,
        head: &Head,
        entries: impl Iterator<Item = &'a Entry>,
        to_agent: bool,
    ) -> Vec<ServerFrame> {
        let mut pages = vec![Page::default()];
        for entry in entries {
            if !pages.last_mut().is_some_and(|page| page.takes(entry)) {
                let mut page = Page::default();
                page.takes(entry);
                pages.push(page);
            }
        }
        let frame = |page: Page| {
            ServerFrame::Entries(Entries {
                conversation_id: head.id.to_string(),
                epoch: self.epoch.clone(),
                entries: page.entries,
                head: protocol::convert::head(head, None, to_agent),
                more: false,
                after: None,
            })
        };
        pages.into_iter().map(frame).collect()
    }
}

pub(crate) fn encode(frame: &ServerFrame) -> String {
    serde_json::to_string(frame).expect("a frame of strings and numbers is JSON")
}
