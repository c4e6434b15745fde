//! Groups where conversations are: which there are, and who leaves them with the team.

use crate::command::MAX_TRIES;
use crate::{Configured, Engine, Failure};
use domain::conversation::InGroup;
use domain::groups::Groups;
use domain::ports::{Document, DocumentPublishing, Environment, Push, Standing, Store};
use domain::settings::FieldId;
use domain::{AgentId, SiteId};
use protocol::documents::{DocumentValue, GroupsAbout, read_about};

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// A group of the site, by its id.
    pub(crate) async fn group(&self, site: &SiteId, id: &str) -> Result<InGroup, Failure> {
        let standing = self.store.standing(site, &Document::Groups).await?;
        standing.as_ref().and_then(|standing| named(standing, id)).ok_or(Failure::NotFound)
    }

    /// Takes an agent out of all groups. Repeating it does what a kill had left, and nothing more.
    pub(crate) async fn leave_groups(
        &self,
        (by, by_name): (AgentId, &str),
        site: &SiteId,
        agent: AgentId,
    ) -> Result<(), Failure> {
        let document = Document::Groups;
        for _ in 0..MAX_TRIES {
            let standing = self.store.standing(site, &document).await?;
            let Some(standing) = standing.filter(|standing| standing.about.is_some()) else { return Ok(()) };
            let groups = self.groups_of_version(site, standing.version).await?;
            if !groups.0.iter().any(|group| group.agents.contains(&agent)) {
                return Ok(());
            }
            let mut left = Groups::clone(&groups);
            for group in &mut left.0 {
                group.agents.remove(&agent);
            }
            let value = DocumentValue::Groups(left);
            let wanted = self.edition((by, by_name), &document, standing.version + 1, value.write());
            match self.store.publish_document(site, &wanted, Some(&value.about()), &[]).await? {
                DocumentPublishing::Done => return Ok(()),
                DocumentPublishing::Moved(_) | DocumentPublishing::Outdated => {}
            }
        }
        Err(Failure::Busy)
    }
}

impl Configured {
    /// A group of the site, by its id, which a browser may have made up.
    pub(crate) fn group(&self, id: &str) -> Option<InGroup> {
        named(self.document(&Document::Groups)?, id)
    }
}

fn named(standing: &Standing, id: &str) -> Option<InGroup> {
    let about: GroupsAbout = read_about(standing.about.as_deref()?).ok()?;
    let group = about.groups.into_iter().find(|group| group.id == id)?;
    Some(InGroup { id: FieldId::parse(&group.id)?, name: group.name })
}
