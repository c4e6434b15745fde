//! The intake form and the FAQs in a conversation: what it begins with, how far its form is filled, whether it is still held,
//! what is counted.

use crate::proactive::Answered;
use crate::scenario::Here;
use crate::settings::{Configured, admin};
use crate::{Before, Engine, Failure};
use domain::automatic::Rule;
use domain::availability::Shop;
use domain::conversation::{Beginning, Body, Entry, Head, Log};
use domain::intake::{AskedField, Intake, ask};
use domain::people::{Actor, Shopper, Site};
use domain::ports::{Environment, FaqCount, FaqEvent, Push, Store, StoreError, Stored};
use domain::rate::FAQS_PER_ADDRESS;
use domain::settings::{Faq, FieldId, Settings, When};
use domain::{ClientId, ShopperId, SiteId};
use std::collections::BTreeSet;

/// Entries read at once.
const PAGE: usize = 200;
/// A form behind which so much has been written is filled no more.
const MAX_PAGES: usize = 10;
/// Bytes of the questions and answers that a conversation begins with: they are pushed with its first message.
const MAX_FAQ_BYTES: usize = 12 * 1024;

/// What is known where a conversation begins.
pub(crate) struct Opening {
    pub shopper_name: Option<String>,
    pub with: Beginning,
    /// What the shop had shown, and this answers.
    pub answers: Option<Answered>,
}

impl<S: Store, P: Push, E: Environment> Engine<S, P, E> {
    /// What a conversation that `shopper` begins now begins with.
    pub(crate) async fn opening(
        &self,
        site: &SiteId,
        shopper: ShopperId,
        before: &Before,
    ) -> Stored<Opening> {
        let (site, published, members, shopper) = futures::try_join!(
            self.store.site(site),
            self.store.published(site),
            self.store.members(site),
            self.store.shopper(shopper),
        )?;
        let Some(site) = site else {
            let shopper_name = shopper.and_then(|shopper| shopper.name);
            return Ok(Opening { shopper_name, with: Beginning::default(), answers: None });
        };
        let configured = Configured::of(&site, published);
        let now = self.env.now();
        let answers = match &before.proactive {
            Some(token) => self.answerable(&site.id, token, &configured, now).await?,
            None => None,
        };
        let here =
            Here { site: &site, configured: &configured, members: &members, shopper: shopper.as_ref() };
        let bot = self.begins_with(&here, before, answers.as_ref()).await?;
        // The page's code comes before what a trigger has set.
        let set = answers.as_ref().and_then(|answers| answers.showing.group.as_ref());
        let group = before.group.as_deref().or(set.map(FieldId::as_str));
        let group = group.and_then(|id| configured.group(id));
        let settings = &configured.settings;
        let shows_form = answers.as_ref().is_some_and(|answers| answers.showing.form);
        let asks = if shows_form { questions(settings, shopper.as_ref()) } else { Vec::new() };
        let shop = Shop::at(settings.hours.status(now), &members, now);
        let when = if shop.is_online() { When::Online } else { When::Offline };
        let with = Beginning {
            triggered: answers.as_ref().and_then(|answers| answers.showing.trigger.clone()),
            spoken: answers.as_ref().and_then(Answered::spoken),
            faqs: read_before(settings, shopper.as_ref(), &before.faqs()),
            bot,
            // Who answers the shop is not held up by its form.
            held_for: hold(settings, shopper.as_ref(), when).filter(|_| answers.is_none()),
            asks,
            mail_after: shopper
                .as_ref()
                .and_then(|shopper| shopper.email.as_ref())
                .and_then(|_| settings.email.mails_after()),
            tells_agents: settings.email.mails_after().is_some(),
            group,
        };
        Ok(Opening { shopper_name: shopper.and_then(|shopper| shopper.name), with, answers })
    }

    /// Whether what is held goes on being held. A merchant may have switched it off.
    pub(crate) async fn still_holds(&self, site: &SiteId) -> Stored<bool> {
        let (site, published) = futures::try_join!(self.store.site(site), self.store.published(site))?;
        Ok(site.is_some_and(|site| Configured::of(&site, published).settings.form.still_holds()))
    }

    /// How far the form of a conversation is filled, as of `head`; `None` where it has not been asked.
    pub(crate) async fn intake(&self, head: &Head) -> Stored<Option<Intake>> {
        let Some(form) = head.form else { return Ok(None) };
        let mut thread: Vec<Entry> = Vec::new();
        for _ in 0..MAX_PAGES {
            let after = thread.last().map_or(form.seq - 1, |entry| entry.seq);
            let page = self.store.entries(head.id, Log::Thread, after, PAGE).await?;
            let ends = page.entries.is_empty() || !page.more;
            thread.extend(page.entries);
            if ends {
                let known = thread.iter().filter(|entry| entry.seq <= head.numbers.t);
                return Ok(Intake::of(known));
            }
        }
        Ok(None)
    }

    /// A question of the FAQs was opened: counted once for each id.
    pub async fn faq_opened(
        &self,
        site: &Site,
        address: &str,
        faq: &FieldId,
        id: ClientId,
    ) -> Result<(), Failure> {
        let now = self.env.now();
        let counted = self.store.count(FAQS_PER_ADDRESS, address, now).await?;
        counted.map_err(|retry_after| Failure::RateLimited { retry_after })?;
        let settings = self.configured(site).await?.settings;
        if !settings.faqs.0.values().flatten().any(|known| known.id == *faq) {
            return Err(Failure::NotFound);
        }
        self.store.count_faq(&site.id, faq, FaqEvent::Opened, id.0, now).await?;
        Ok(())
    }

    /// How often each question was opened, and how often a person was needed all the same.
    pub async fn faq_counts(&self, actor: &Actor, site: &SiteId) -> Result<Vec<FaqCount>, Failure> {
        admin(actor, site)?;
        Ok(self.store.faq_counts(site).await?)
    }

    /// A person was needed all the same: of each question that a thread begins with, once for the conversation.
    pub(crate) async fn count_still_needed(&self, head: &Head, thread: &[Entry]) -> Result<(), StoreError> {
        for entry in thread {
            if let Body::Faq(faq) = &entry.body {
                let (event, now) = (FaqEvent::StillNeeded, self.env.now());
                self.store.count_faq(&head.site, &faq.id, event, head.id.0, now).await?;
            }
        }
        Ok(())
    }
}

/// The form that a conversation is held for, if it is.
fn hold(settings: &Settings, shopper: Option<&Shopper>, when: When) -> Option<(Vec<AskedField>, Rule)> {
    if !settings.form.holds(when) {
        return None;
    }
    let asked = questions(settings, shopper);
    (!asked.is_empty()).then_some((asked, Rule::asking_at_once(when)))
}

/// The form as it is asked of this shopper.
pub(crate) fn questions(settings: &Settings, shopper: Option<&Shopper>) -> Vec<AskedField> {
    unasked(settings, shopper, &shopper.map(Shopper::known).unwrap_or_default())
}

/// Every question of the form but those in `known`, as this shopper is asked them.
pub(crate) fn unasked(
    settings: &Settings,
    shopper: Option<&Shopper>,
    known: &BTreeSet<FieldId>,
) -> Vec<AskedField> {
    let language = settings.general.language_for(shopper.and_then(|shopper| shopper.language.as_deref()));
    ask(settings, language, known)
}

/// The questions that a shopper had opened, each once, as far as there is room for them. In the shopper's language, or in the one
/// in which there is such a question: a page may have shown another than the browser asks for.
fn read_before(settings: &Settings, shopper: Option<&Shopper>, ids: &[FieldId]) -> Vec<Faq> {
    let general = &settings.general;
    let language = general.language_for(shopper.and_then(|shopper| shopper.language.as_deref()));
    let nearest = [language, &general.default_language].into_iter().filter_map(|l| settings.faqs.0.get(l));
    let known: Vec<&Faq> = nearest.chain(settings.faqs.0.values()).flatten().collect();
    let mut read: Vec<Faq> = Vec::new();
    let mut room = MAX_FAQ_BYTES;
    for id in ids.iter().take(protocol::MAX_FAQS) {
        let Some(faq) = known.iter().find(|faq| faq.id == *id) else { continue };
        let bytes = faq.question.len() + faq.answer.len();
        if bytes <= room && !read.iter().any(|other| other.id == *id) {
            room -= bytes;
            read.push((*faq).clone());
        }
    }
    read
}
