//! A site's settings: what counts now, publishing a section, what was published before.

use crate::{Engine, Failure};
use domain::fields::{FieldCode, FieldError};
use domain::office_hours::Status;
use domain::people::{Actor, Role, Site};
use domain::ports::{
    Document, Environment, MAX_SECTION_BYTES, Publications, Published, Publishing, Push, Standing, Store,
};
use domain::settings::{Section, SectionValue, Settings};
use domain::{AgentId, SiteId, Timestamp};
use protocol::ErrorCode;
use protocol::error::ParseError;
use protocol::http::{HistoryAnswer, HoursPreview, HoursStatusName, PublishedSection, Revision};
use protocol::server::AgentName;
use protocol::settings::{SectionBody, read, write};
use serde_json::Value;

/// Versions in one page of a section's or a document's history.
pub const HISTORY_PAGE: usize = 20;

/// What counts for a site now.
#[derive(Debug, Clone)]
pub struct Configured {
    pub settings: Settings,
    /// Moves forward with everything that is published.
    pub version: u64,
    published: Vec<Published>,
    /// Stored in a form that this version cannot read: our default stands in for them.
    unreadable: Vec<Section>,
    /// Which versions of the documents stand; see [`crate::Engine::triggers`] and its like for what they say.
    pub documents: Vec<Standing>,
}

impl Configured {
    /// Of what is published. A section that cannot be read stops nothing: our default counts, and the log says so.
    pub(crate) fn of(site: &Site, publications: Publications) -> Self {
        let Publications { sections: mut published, documents } = publications;
        // The general section comes first: others are read with its languages.
        published.sort_by_key(|one| one.what);
        let mut settings = Settings::default_for(site);
        let mut unreadable = Vec::new();
        for one in &published {
            match read(one.what, &one.body, &settings) {
                Ok(value) => settings.set(value),
                Err(error) => {
                    tracing::error!(site = %site.id, section = one.what.name(), version = one.version, %error, "a published section cannot be read; the default counts");
                    unreadable.push(one.what);
                }
            }
        }
        let sections: u64 = published.iter().map(|one| one.version).sum();
        let version = sections + documents.iter().map(|one| one.version).sum::<u64>();
        Self { settings, version, published, unreadable, documents }
    }

    /// A section as it stands.
    #[must_use]
    pub fn section(&self, section: Section) -> PublishedSection {
        let revision = match self.standing(section) {
            None => Revision { version: 0, at: None, by: None, restored: None, unreadable: false },
            Some(published) => {
                Revision { unreadable: self.unreadable.contains(&section), ..revision(published) }
            }
        };
        PublishedSection { body: SectionBody::from(&self.settings.get(section)), revision }
    }

    /// Which version of a document stands, if it is not taken away.
    #[must_use]
    pub fn document(&self, document: &Document) -> Option<&Standing> {
        self.documents.iter().find(|one| one.document == *document && one.about.is_some())
    }

    fn standing(&self, section: Section) -> Option<&Published> {
        self.published.iter().find(|published| published.what == section)
    }
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// What counts for a site.
    pub async fn configured(&self, site: &Site) -> Result<Configured, Failure> {
        Ok(Configured::of(site, self.store.published(&site.id).await?))
    }

    /// All sections, for whoever may change them.
    pub async fn sections(&self, actor: &Actor, site: &Site) -> Result<Vec<PublishedSection>, Failure> {
        admin(actor, &site.id)?;
        let configured = self.configured(site).await?;
        Ok(Section::ALL.into_iter().map(|section| configured.section(section)).collect())
    }

    /// Publishes a section's content, whole, if `expected` is the version that stands.
    pub async fn publish(
        &self,
        actor: &Actor,
        site: &Site,
        section: Section,
        expected: u64,
        value: Value,
    ) -> Result<PublishedSection, Failure> {
        let by = admin(actor, &site.id)?;
        let configured = self.configured(site).await?;
        let value =
            SectionBody::parse(section, value)?.check(&configured.settings).map_err(Failure::Invalid)?;
        self.put(by, site, &configured, expected, &value, None).await
    }

    /// Publishes what an earlier version said as a new one.
    pub async fn restore(
        &self,
        actor: &Actor,
        site: &Site,
        section: Section,
        version: u64,
        expected: u64,
    ) -> Result<PublishedSection, Failure> {
        let by = admin(actor, &site.id)?;
        let configured = self.configured(site).await?;
        let earlier = self.version(site, section, version).await?;
        let value = read(section, &earlier.body, &configured.settings).map_err(|_| no_longer_fits())?;
        self.put(by, site, &configured, expected, &value, Some(version)).await
    }

    /// What a draft of the office hours comes to now. Nothing is saved.
    pub async fn preview_hours(
        &self,
        actor: &Actor,
        site: &Site,
        value: Value,
    ) -> Result<HoursPreview, Failure> {
        admin(actor, &site.id)?;
        let configured = self.configured(site).await?;
        let value = SectionBody::parse(Section::Hours, value)?
            .check(&configured.settings)
            .map_err(Failure::Invalid)?;
        let SectionValue::Hours(hours) = value else { unreachable!("a section is read as itself") };
        let now = self.env.now();
        let (status, until) = match hours.status(now) {
            None => (HoursStatusName::None, None),
            Some(Status::Open { until }) => (HoursStatusName::Open, until),
            Some(Status::Closed { next_opening }) => (HoursStatusName::Closed, next_opening),
        };
        let zone = hours.schedule.zone();
        Ok(HoursPreview {
            status,
            until: until.map(Timestamp::millis),
            zone: zone.name().to_owned(),
            clocks_change: zone.next_change(now).map(Timestamp::millis),
        })
    }

    /// One version of a section.
    pub async fn one_version(
        &self,
        actor: &Actor,
        site: &Site,
        section: Section,
        version: u64,
    ) -> Result<PublishedSection, Failure> {
        admin(actor, &site.id)?;
        let configured = self.configured(site).await?;
        let published = self.version(site, section, version).await?;
        let value = read(section, &published.body, &configured.settings).map_err(|_| no_longer_fits())?;
        Ok(PublishedSection { body: SectionBody::from(&value), revision: revision(&published) })
    }

    /// What was published of a section, newest first, beyond `before`.
    pub async fn history(
        &self,
        actor: &Actor,
        site: &SiteId,
        section: Section,
        before: Option<u64>,
    ) -> Result<HistoryAnswer, Failure> {
        admin(actor, site)?;
        let versions = self.store.history(site, section, before, HISTORY_PAGE).await?;
        let versions: Vec<Revision> = versions.iter().map(revision).collect();
        let next = versions.last().map(|last| last.version).filter(|last| *last > 1);
        Ok(HistoryAnswer { versions, next })
    }

    async fn version(&self, site: &Site, section: Section, version: u64) -> Result<Published, Failure> {
        let beyond = Some(version.saturating_add(1));
        let found = self.store.history(&site.id, section, beyond, 1).await?.into_iter().next();
        found.filter(|found| found.version == version).ok_or(Failure::NotFound)
    }

    async fn put(
        &self,
        (by, by_name): (AgentId, &str),
        site: &Site,
        configured: &Configured,
        expected: u64,
        value: &SectionValue,
        restored: Option<u64>,
    ) -> Result<PublishedSection, Failure> {
        keeps_others_readable(configured, value)?;
        let body = write(value);
        if body.len() > MAX_SECTION_BYTES {
            return Err(Failure::Parse(ParseError {
                code: ErrorCode::TooLarge,
                message: format!("a section has at most {} KiB", MAX_SECTION_BYTES / 1024),
                frame: None,
                field: Some("value".into()),
            }));
        }
        let wanted = Published {
            what: value.section(),
            version: expected.saturating_add(1),
            at: self.env.now(),
            by,
            by_name: by_name.to_owned(),
            restored,
            body,
        };
        let shown = |published: &Published| PublishedSection {
            body: SectionBody::from(value),
            revision: revision(published),
        };
        let published = match self.store.publish(&site.id, &wanted).await? {
            Publishing::Done => {
                tracing::info!(site = %site.id, section = wanted.what.name(), version = wanted.version, "published");
                wanted
            }
            // The same from the same person: the answer to it was lost.
            Publishing::Moved(Some(stands)) if Published { at: stands.at, ..wanted.clone() } == *stands => {
                *stands
            }
            Publishing::Moved(_) => {
                let now = self.configured(site).await?;
                return Err(Failure::Conflict(Box::new(now.section(value.section()))));
            }
        };
        // Also when it is the same again: whoever was killed in between has left some.
        if let SectionValue::Visibility(visibility) = value {
            self.end_barred(&site.id, *visibility).await;
        }
        Ok(shown(&published))
    }
}

/// Who publishes: an admin of this site. Others are told that their role does not allow it.
pub(crate) fn admin<'a>(actor: &'a Actor, site: &SiteId) -> Result<(AgentId, &'a str), Failure> {
    match actor {
        Actor::Agent { id, name, role: Role::Admin, site: of } if of == site => Ok((*id, name)),
        _ => Err(Failure::Forbidden),
    }
}

/// What one section says is read with another's languages: a change must not make the others unreadable behind the merchant's back.
fn keeps_others_readable(configured: &Configured, value: &SectionValue) -> Result<(), Failure> {
    let mut next = configured.settings.clone();
    next.set(value.clone());
    let broken = configured.published.iter().filter(|one| {
        one.what != value.section()
            && !configured.unreadable.contains(&one.what)
            && read(one.what, &one.body, &next).is_err()
    });
    let problems: Vec<FieldError> = broken
        .map(|one| FieldError {
            path: String::new(),
            code: FieldCode::Required,
            message: format!(
                "the section {} needs what this takes away: change that one first",
                one.what.name()
            ),
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::Invalid(problems)) }
}

pub(crate) fn no_longer_fits() -> Failure {
    Failure::Invalid(vec![FieldError {
        path: "version".into(),
        code: FieldCode::Format,
        message: "that version does not fit what the site is set to now".into(),
    }])
}

pub(crate) fn revision<W>(published: &Published<W>) -> Revision {
    Revision {
        version: published.version,
        at: Some(published.at.millis()),
        by: Some(AgentName { id: published.by.to_string(), name: published.by_name.clone() }),
        restored: published.restored,
        unreadable: false,
    }
}
