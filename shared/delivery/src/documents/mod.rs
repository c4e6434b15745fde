//! Triggers, groups and scenarios: what stands, publishing one whole, taking a scenario away. As the settings' sections, under versions;
//! but each is read by itself, and by its version.

mod check;
mod groups;
mod history;
mod kept;
mod public;

pub use kept::Kept;

use crate::command::MAX_TRIES;
use crate::settings::{admin, revision};
use crate::{Configured, Engine, Failure};
use domain::people::{Actor, Site};
use domain::ports::{
    Document, DocumentPublishing, Environment, MAX_DOCUMENT_BYTES, Published, Push, Standing, Store,
};
use domain::rate::PUBLISHINGS_PER_ADMIN;
use domain::settings::FieldId;
use domain::{AgentId, SiteId};
use protocol::ErrorCode;
use protocol::documents::{
    DocumentBody, DocumentValue, PublishedDocument, ScenarioAbout, ScenarioInfo, ScenariosAnswer, read_about,
};
use protocol::error::ParseError;
use protocol::groups::GroupSettings;
use protocol::http::Revision;
use protocol::server::AgentName;
use protocol::triggers::TriggerSettings;
use serde_json::Value;

/// A document that may be published.
struct Checked {
    body: String,
    about: String,
    shown: DocumentBody,
    /// What it was checked against, which must stand still.
    judged_by: Vec<(Document, u64)>,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// A document as it stands, for whoever may change it; groups for every agent.
    pub async fn document(
        &self,
        actor: &Actor,
        site: &SiteId,
        document: &Document,
    ) -> Result<PublishedDocument, Failure> {
        match (document, actor) {
            (Document::Groups, Actor::Agent { site: of, .. }) if of == site => {}
            _ => _ = admin(actor, site)?,
        }
        let standing = self.store.standing(site, document).await?;
        self.shown(site, document, standing.as_ref()).await?.ok_or(Failure::NotFound)
    }

    /// The scenarios that stand.
    pub async fn scenarios(&self, actor: &Actor, site: &Site) -> Result<ScenariosAnswer, Failure> {
        admin(actor, &site.id)?;
        let configured = self.configured(site).await?;
        let mut scenarios: Vec<ScenarioInfo> = configured.scenarios().map(|(_, info)| info).collect();
        scenarios.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(ScenariosAnswer { scenarios })
    }

    /// Publishes a document whole, if `expected` is the version that stands. Of a scenario that was taken away that is 0, too.
    pub async fn publish_document(
        &self,
        actor: &Actor,
        site: &Site,
        document: &Document,
        expected: u64,
        value: Value,
    ) -> Result<PublishedDocument, Failure> {
        let by = admin(actor, &site.id)?;
        let draft = DocumentBody::parse(document, value)?;
        self.put_document(by, site, document, expected, draft, None).await
    }

    async fn put_document(
        &self,
        by: (AgentId, &str),
        site: &Site,
        document: &Document,
        expected: u64,
        draft: DocumentBody,
        restored: Option<u64>,
    ) -> Result<PublishedDocument, Failure> {
        self.count_publishing(by.0).await?;
        for _ in 0..MAX_TRIES {
            let configured = self.configured(site).await?;
            let before = version_before(&configured, document, expected);
            let checked = self.checked(site, &configured, document, draft.clone(), before + 1).await?;
            if checked.body.len() > MAX_DOCUMENT_BYTES {
                return Err(too_large());
            }
            let wanted = Published { restored, ..self.edition(by, document, before + 1, checked.body) };
            let about = Some(checked.about.as_str());
            match self.store.publish_document(&site.id, &wanted, about, &checked.judged_by).await? {
                DocumentPublishing::Done => {
                    tracing::info!(site = %site.id, %document, version = wanted.version, "published");
                    return Ok(PublishedDocument { body: checked.shown, revision: revision(&wanted) });
                }
                // What it leans on was published meanwhile: it is looked at anew.
                DocumentPublishing::Outdated => {}
                DocumentPublishing::Moved(stands) => {
                    return self.moved(&site.id, document, stands, &wanted).await;
                }
            }
        }
        Err(Failure::Busy)
    }

    /// Takes a scenario away. Its versions stay, for the chats that are in it.
    pub async fn remove_scenario(
        &self,
        actor: &Actor,
        site: &Site,
        id: &FieldId,
        expected: u64,
    ) -> Result<(), Failure> {
        let by = admin(actor, &site.id)?;
        let document = Document::Scenario(id.clone());
        for _ in 0..MAX_TRIES {
            let configured = self.configured(site).await?;
            let Some(stands) = configured.documents.iter().find(|one| one.document == document) else {
                return Err(Failure::NotFound);
            };
            if stands.about.is_none() {
                // By this very request, perhaps, whose answer was lost.
                let mine = stands.by == by.0 && stands.version == expected.saturating_add(1);
                return if mine { Ok(()) } else { Err(Failure::NotFound) };
            }
            let judged_by = self.unused_scenario(&site.id, &configured, id).await?;
            self.count_publishing(by.0).await?;
            let wanted = self.edition(by, &document, expected.saturating_add(1), String::new());
            match self.store.publish_document(&site.id, &wanted, None, &judged_by).await? {
                DocumentPublishing::Done => {
                    tracing::info!(site = %site.id, %document, version = wanted.version, "taken away");
                    return Ok(());
                }
                DocumentPublishing::Outdated => {}
                DocumentPublishing::Moved(stands) => {
                    let shown = self.shown(&site.id, &document, stands.as_ref()).await?;
                    return Err(Failure::DocumentConflict(shown.map(Box::new)));
                }
            }
        }
        Err(Failure::Busy)
    }

    fn edition(
        &self,
        (by, by_name): (AgentId, &str),
        document: &Document,
        version: u64,
        body: String,
    ) -> Published<Document> {
        Published {
            what: document.clone(),
            version,
            at: self.env.now(),
            by,
            by_name: by_name.to_owned(),
            restored: None,
            body,
        }
    }

    /// Somebody else has published, or this very person the same: the answer to it was lost.
    async fn moved(
        &self,
        site: &SiteId,
        document: &Document,
        stands: Option<Standing>,
        wanted: &Published<Document>,
    ) -> Result<PublishedDocument, Failure> {
        let shown = self.shown(site, document, stands.as_ref()).await?;
        if let Some(stands) = stands
            && (stands.version, stands.by) == (wanted.version, wanted.by)
            && let Some(kept) = self.store.document(site, document, stands.version).await?
            && (&kept.body, kept.restored) == (&wanted.body, wanted.restored)
            && let Some(shown) = shown
        {
            return Ok(shown);
        }
        Err(Failure::DocumentConflict(shown.map(Box::new)))
    }

    /// What stands, as it is shown. Triggers and groups are empty before they are published; a scenario is not there.
    async fn shown(
        &self,
        site: &SiteId,
        document: &Document,
        standing: Option<&Standing>,
    ) -> Result<Option<PublishedDocument>, Failure> {
        let empty = || match document {
            Document::Triggers => Some(DocumentBody::Triggers(TriggerSettings::default())),
            Document::Groups => Some(DocumentBody::Groups(GroupSettings::default())),
            Document::Scenario(_) => None,
        };
        let Some(standing) = standing.filter(|standing| standing.about.is_some()) else {
            let revision = Revision { version: 0, at: None, by: None, restored: None, unreadable: false };
            return Ok(empty().map(|body| PublishedDocument { body, revision }));
        };
        let Some(published) = self.store.document(site, document, standing.version).await? else {
            tracing::error!(%site, %document, version = standing.version, "a version that stands is not kept");
            return Err(Failure::Internal);
        };
        let revision = revision(&published);
        match DocumentValue::read(document, &published.body, published.version) {
            Ok(value) => Ok(Some(PublishedDocument { body: DocumentBody::from(&value), revision })),
            Err(error) => {
                tracing::error!(%site, %document, version = published.version, %error, "a published document cannot be read");
                let revision = Revision { unreadable: true, ..revision };
                Ok(empty().map(|body| PublishedDocument { body, revision }))
            }
        }
    }

    async fn count_publishing(&self, by: AgentId) -> Result<(), Failure> {
        let counted = self.store.count(PUBLISHINGS_PER_ADMIN, &by.to_string(), self.env.now()).await?;
        counted.map_err(|retry_after| Failure::RateLimited { retry_after })
    }
}

impl Configured {
    /// The scenarios that stand, and what is told of them.
    pub fn scenarios(&self) -> impl Iterator<Item = (FieldId, ScenarioInfo)> + '_ {
        self.documents.iter().filter_map(|standing| {
            let Document::Scenario(id) = &standing.document else { return None };
            // Written by another version: nobody is offered what cannot be read.
            let about: ScenarioAbout = read_about(standing.about.as_deref()?).ok()?;
            let by = AgentName { id: standing.by.to_string(), name: standing.by_name.clone() };
            let info = ScenarioInfo {
                id: id.to_string(),
                name: about.name,
                start: about.start,
                version: standing.version,
                at: standing.at.millis(),
                by,
            };
            Some((id.clone(), info))
        })
    }
}

/// The version that is to stand before; who begins anew where something was taken away goes on from there.
fn version_before(configured: &Configured, document: &Document, expected: u64) -> u64 {
    let gone = configured.documents.iter().find(|one| one.document == *document && one.about.is_none());
    gone.filter(|_| expected == 0).map_or(expected, |gone| gone.version).min(u64::MAX - 1)
}

fn too_large() -> Failure {
    Failure::Parse(ParseError {
        code: ErrorCode::TooLarge,
        message: format!("all together at most {} KiB", MAX_DOCUMENT_BYTES / 1024),
        frame: None,
        field: Some("value".into()),
    })
}
