//! A site's settings: what any page may read, and what its admins publish.

use crate::routes::{actor, bad_field, readable};
use crate::{Answer, Api, Request};
use delivery::Failure;
use delivery::proactive::photo_path;
use domain::identity::{Key, KeyId};
use domain::people::{Actor, Availability, Site};
use domain::ports::{Environment, Files, Originals, Push, Store};
use domain::settings::{Section, Settings};
use domain::{SiteId, Timestamp};
use protocol::http::{self as body, parse_body};
use protocol::settings::SectionBody;
use std::time::Duration;

/// The JSON form of one section of `$settings`.
macro_rules! shown {
    ($settings:expr, $section:ident) => {
        match SectionBody::from(&$settings.get(Section::$section)) {
            SectionBody::$section(body) => body,
            _ => unreachable!("a section is shown as itself"),
        }
    };
}

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    // -- anybody

    pub(crate) async fn site_config(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let site = self.site(&site).await?;
        let now = self.engine.env.now();
        let (configured, team) = futures::try_join!(self.engine.configured(&site), async {
            Ok(self.engine.store.members(&site.id).await?)
        })?;
        let proactive = self.engine.proactive_config(&site.id, &configured, &team, now).await?;
        let settings = &configured.settings;
        let config = body::SiteConfig {
            site: site.id.to_string(),
            name: settings.general.name.clone(),
            color: settings.appearance.color.to_string(),
            welcome: welcome(settings, &site),
            time_zone: shown!(settings, Hours).zone,
            team: team
                .iter()
                .filter(|member| member.active)
                .map(|member| body::TeamMember {
                    id: member.agent.to_string(),
                    name: member.name.clone(),
                    title: member.title.clone(),
                    photo: photo_path(member),
                    online: member.presence(now) == Availability::Online,
                    // An invisible agent's last sign of life would tell that they are there.
                    last_active_at: member
                        .seen_at
                        .filter(|_| member.presence(now) != Availability::Invisible)
                        .map(Timestamp::millis),
                })
                .collect(),
            version: configured.version,
            settings: body::PublicSettings {
                general: shown!(settings, General),
                appearance: shown!(settings, Appearance),
                visibility: shown!(settings, Visibility),
                hours: shown!(settings, Hours),
                privacy: shown!(settings, Privacy),
            },
            availability: delivery::availability(settings, &team, now),
            bubble: settings
                .texts
                .0
                .values()
                .any(|texts| texts.get("bubble").is_some_and(|text| !text.trim().is_empty())),
            proactive,
        };
        Ok(Answer::public(request, &config))
    }

    pub(crate) async fn site_content(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let site = self.site(&site).await?;
        let configured = self.engine.configured(&site).await?;
        let settings = &configured.settings;
        let language = settings.general.language_for(request.query("language")).to_string();
        let opening = self.engine.scenario_opening(&site, &configured, request.query("language")).await?;
        let mut texts = shown!(settings, Texts).texts;
        let mut faqs = shown!(settings, Faqs).faqs;
        let content = body::SiteContent {
            site: site.id.to_string(),
            version: configured.version,
            texts: texts.remove(&language).unwrap_or_default(),
            faqs: faqs.remove(&language).unwrap_or_default(),
            form: shown!(settings, Form),
            language,
            opening,
        };
        Ok(Answer::public(request, &content))
    }

    // -- admins of the site

    pub(crate) async fn settings(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let sections = self.engine.sections(&actor, &site).await?;
        Ok(readable(request, Answer::json(200, &body::SettingsAnswer { sections })))
    }

    pub(crate) async fn section(
        &self,
        request: &Request,
        site: SiteId,
        section: Section,
    ) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let sections = self.engine.sections(&actor, &site).await?;
        let one = sections.into_iter().find(|one| one.body.section() == section).ok_or(Failure::NotFound)?;
        Ok(readable(request, Answer::json(200, &one)))
    }

    pub(crate) async fn publish(
        &self,
        request: &Request,
        site: SiteId,
        section: Section,
    ) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let asked: body::PublishRequest = parse_body(&request.body)?;
        let published = self.engine.publish(&actor, &site, section, asked.expected, asked.value).await?;
        Ok(readable(request, Answer::json(200, &published)))
    }

    pub(crate) async fn preview_hours(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let asked: body::HoursPreviewRequest = parse_body(&request.body)?;
        let preview = self.engine.preview_hours(&actor, &site, asked.value).await?;
        Ok(readable(request, Answer::json(200, &preview)))
    }

    pub(crate) async fn history(
        &self,
        request: &Request,
        site: SiteId,
        section: Section,
    ) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let before = request.query("before").map(str::parse).transpose().map_err(|_| bad_field("before"))?;
        let history = self.engine.history(&actor, &site.id, section, before).await?;
        Ok(readable(request, Answer::json(200, &history)))
    }

    pub(crate) async fn one_version(
        &self,
        request: &Request,
        site: SiteId,
        section: Section,
        version: u64,
    ) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let one = self.engine.one_version(&actor, &site, section, version).await?;
        Ok(readable(request, Answer::json(200, &one)))
    }

    pub(crate) async fn restore(
        &self,
        request: &Request,
        site: SiteId,
        section: Section,
        version: u64,
    ) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let asked: body::RestoreRequest = parse_body(&request.body)?;
        let published = self.engine.restore(&actor, &site, section, version, asked.expected).await?;
        Ok(readable(request, Answer::json(200, &published)))
    }

    pub(crate) async fn faq_counts(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let counts = self.engine.faq_counts(&actor, &site.id).await?;
        let show = |count: domain::ports::FaqCount| body::FaqCount {
            id: count.faq.to_string(),
            opened: count.opened,
            still_needed: count.still_needed,
        };
        let answer = body::FaqCountsAnswer { faqs: counts.into_iter().map(show).collect() };
        Ok(readable(request, Answer::json(200, &answer)))
    }

    pub(crate) async fn keys(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let keys = self.engine.identity_keys(&actor, &site.id).await?;
        let keys = keys.iter().map(|key| shown_key(key, self.engine.env.now())).collect();
        Ok(readable(request, Answer::json(200, &body::IdentityKeysAnswer { keys })))
    }

    pub(crate) async fn make_key(&self, request: &Request, site: SiteId) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let asked: body::NewIdentityKey = parse_body(&request.body)?;
        let (key, secret) = self.engine.make_identity_key(&actor, &site.id, asked.public_key).await?;
        let answer = body::IdentityKeyAnswer { key: shown_key(&key, self.engine.env.now()), secret };
        Ok(readable(request, Answer::json(201, &answer)))
    }

    pub(crate) async fn end_key(
        &self,
        request: &Request,
        site: SiteId,
        key: &str,
    ) -> Result<Answer, Failure> {
        let (actor, site) = self.member_of(request, &site).await?;
        let asked: body::EndIdentityKey = parse_body(&request.body)?;
        let key = KeyId::parse(key).ok_or(Failure::NotFound)?;
        let after = Duration::from_secs(asked.after_s);
        self.engine.end_identity_key(&actor, &site.id, &key, after).await?;
        Ok(readable(request, Answer::empty(204)))
    }

    /// Who asks, as a member of the site; what a member may do there is the use case's to say.
    pub(crate) async fn member_of(&self, request: &Request, site: &SiteId) -> Result<(Actor, Site), Failure> {
        let member = self.member(&self.person(request).await?, site).await?;
        Ok((actor(member), self.site(site).await?))
    }
}

/// A key without what it signs with.
fn shown_key(key: &Key, now: Timestamp) -> body::IdentityKey {
    body::IdentityKey {
        id: key.id.as_str().to_owned(),
        algorithm: key.material.algorithm().to_owned(),
        made_at: key.made_at.millis(),
        ends_at: key.ends_at.map(Timestamp::millis),
        good: key.is_valid(now),
    }
}

/// For pages that were loaded before there were texts in languages.
fn welcome(settings: &Settings, site: &Site) -> String {
    let written = settings.texts.get(&settings.general.default_language, "welcome");
    written.unwrap_or(&site.welcome).to_owned()
}
