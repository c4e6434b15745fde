//! What every page of the shop may know of triggers and groups.

use crate::{Configured, Engine};
use domain::people::{Availability, Member};
use domain::ports::{Document, Environment, Push, Store, Stored};
use domain::{AgentId, SiteId, Timestamp};
use protocol::documents::{GroupChoice, ProactiveConfig, TriggersAbout, read_about};
use std::collections::BTreeSet;

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// `None` where the shop never speaks first, nobody watches, and there is nothing to choose. Nothing is read for it but groups, where
    /// there are any, and those once for each of their versions.
    pub async fn proactive_config(
        &self,
        site: &SiteId,
        configured: &Configured,
        team: &[Member],
        now: Timestamp,
    ) -> Stored<Option<ProactiveConfig>> {
        let about: TriggersAbout = configured
            .document(&Document::Triggers)
            .and_then(|standing| read_about(standing.about.as_deref()?).ok())
            .unwrap_or_default();
        let visitors = &configured.settings.visitors;
        let groups = self.choices(site, configured, team, now).await?;
        let live = visitors.live;
        if !about.on && !live && groups.is_empty() {
            return Ok(None);
        }
        let sieve = if about.on { about.sieve } else { Default::default() };
        let not_sure = visitors.not_sure && !groups.is_empty();
        Ok(Some(ProactiveConfig { sieve, live, groups, not_sure }))
    }

    /// The groups of which a shopper may choose one at the first message: those with an agent online, if there are two things to choose
    /// between ("not sure" is one).
    async fn choices(
        &self,
        site: &SiteId,
        configured: &Configured,
        team: &[Member],
        now: Timestamp,
    ) -> Stored<Vec<GroupChoice>> {
        let visitors = &configured.settings.visitors;
        if !visitors.choose_group || configured.document(&Document::Groups).is_none() {
            return Ok(Vec::new());
        }
        let groups = self.groups(site, configured).await?;
        let online: BTreeSet<AgentId> = team
            .iter()
            .filter(|member| member.active && member.presence(now) == Availability::Online)
            .map(|member| member.agent)
            .collect();
        let offered = groups.online(&online);
        let choices: Vec<GroupChoice> =
            groups.0.iter().filter(|group| offered.contains(&group.id)).map(Into::into).collect();
        let enough = if visitors.not_sure { 1 } else { 2 };
        Ok(if choices.len() >= enough { choices } else { Vec::new() })
    }
}
