//! What is wrong with triggers as a merchant wrote them: every field by its path, all at once.
//!
//! Paths are those of the section's JSON: `triggers[0].conditions[2].patterns[0].text`.

use super::contradiction::contradictions;
use super::draft::{
    Draft, DraftAction, DraftCondition, DraftFrequency, DraftPattern, DraftRange, DraftSender, DraftText,
    Known,
};
use super::pattern::UrlPattern;
use super::{
    Action, AttributeTest, Condition, Country, Currency, DAYS, Device, Frequency, IDLE, MAX_ALTERNATIVES,
    MAX_COMPARED, MAX_CONDITIONS, MAX_MESSAGE, MAX_TRIGGER_NAME, MAX_TRIGGERS, Message, Range, Sender,
    TIME_ON_PAGE, TIME_ON_SITE, TextTest, Trigger, Triggers,
};
use crate::fields::{FieldCode, FieldError, FieldErrors};
use crate::settings::{FieldId, Language, LocalText, TextSpec};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

pub(crate) const ID: &str = "1 to 40 of a-z, 0-9, - and _";

/// The triggers of a site, or everything that is wrong with them.
pub fn check(drafts: &[Draft], known: &Known) -> Result<Triggers, Vec<FieldError>> {
    let mut errors = FieldErrors::default();
    if drafts.len() > MAX_TRIGGERS {
        errors.add("triggers", FieldCode::TooMany, format!("at most {MAX_TRIGGERS} triggers"));
    }
    let mut triggers: Vec<Trigger> = Vec::new();
    for (n, draft) in drafts.iter().take(MAX_TRIGGERS).enumerate() {
        let mut checker = Checker { errors: &mut errors, known, path: format!("triggers[{n}]") };
        let trigger = checker.trigger(draft);
        if let Some(trigger) = &trigger
            && triggers.iter().any(|other| other.id == trigger.id)
        {
            checker.wrong("id", FieldCode::Duplicate, "another trigger has this id");
        }
        triggers.extend(trigger);
    }
    errors.finish(Triggers(triggers))
}

struct Checker<'a> {
    errors: &'a mut FieldErrors,
    known: &'a Known,
    /// Of what is being looked at.
    path: String,
}

impl Checker<'_> {
    fn wrong(&mut self, field: &str, code: FieldCode, message: impl Into<String>) {
        let path = if field.is_empty() { self.path.clone() } else { format!("{}.{field}", self.path) };
        self.errors.add(path, code, message);
    }

    fn within<T>(&mut self, step: &str, look: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        self.path.push('.');
        self.path.push_str(step);
        let found = look(self);
        self.path.truncate(before);
        found
    }

    fn trigger(&mut self, draft: &Draft) -> Option<Trigger> {
        let id = self.id("id", &draft.id);
        let name = draft.name.trim();
        if name.is_empty() {
            self.wrong("name", FieldCode::Required, "a name, for agents only");
        } else if let Some((code, message)) = TextSpec::line(MAX_TRIGGER_NAME, &[]).problem(name) {
            self.wrong("name", code, message);
        }
        if draft.conditions.len() > MAX_CONDITIONS {
            self.wrong("conditions", FieldCode::TooMany, format!("at most {MAX_CONDITIONS} conditions"));
        }
        // Beside one that was refused the others keep their place: contradictions are named by it.
        let conditions: Vec<Option<Condition>> = draft
            .conditions
            .iter()
            .take(MAX_CONDITIONS)
            .enumerate()
            .map(|(n, draft)| self.within(&format!("conditions[{n}]"), |checker| checker.condition(draft)))
            .collect();
        for (n, message) in contradictions(&conditions, draft.when) {
            self.wrong(&format!("conditions[{n}]"), FieldCode::Contradiction, message);
        }
        let actions = self.actions(&draft.actions);
        let frequency = match draft.frequency {
            DraftFrequency::OnceEver => Frequency::OnceEver,
            DraftFrequency::OncePerVisit => Frequency::OncePerVisit,
            DraftFrequency::EveryPageLoad => Frequency::EveryPageLoad,
            DraftFrequency::EveryDays(days) => {
                let (least, most) = (*DAYS.start(), *DAYS.end());
                let fits = u16::try_from(days).ok().filter(|days| DAYS.contains(days));
                if fits.is_none() {
                    self.wrong("frequency.days", FieldCode::OutOfRange, format!("{least} to {most} days"));
                }
                Frequency::EveryDays(fits.unwrap_or(most))
            }
        };
        Some(Trigger {
            id: id?,
            name: name.to_owned(),
            enabled: draft.enabled,
            when: draft.when,
            conditions: conditions.into_iter().flatten().collect(),
            actions,
            frequency,
        })
    }

    fn condition(&mut self, draft: &DraftCondition) -> Option<Condition> {
        Some(match draft {
            DraftCondition::Page { is, patterns } => {
                Condition::Page { is: *is, patterns: self.patterns(patterns)? }
            }
            DraftCondition::TimeOnPage { seconds } => {
                Condition::TimeOnPage(self.seconds(*seconds, TIME_ON_PAGE)?)
            }
            DraftCondition::TimeOnSite { seconds } => {
                Condition::TimeOnSite(self.seconds(*seconds, TIME_ON_SITE)?)
            }
            DraftCondition::PagesSeen { range } => {
                Condition::PagesSeen(self.range(*range, 0, 1.0..=1_000.0)?)
            }
            DraftCondition::Scroll { percent } => {
                let percent = u8::try_from(*percent).ok().filter(|percent| (1..=100).contains(percent));
                if percent.is_none() {
                    self.wrong("percent", FieldCode::OutOfRange, "1 to 100 per cent");
                }
                Condition::Scroll(percent?)
            }
            DraftCondition::Leaving => Condition::Leaving,
            DraftCondition::Idle { seconds } => Condition::Idle(self.seconds(*seconds, IDLE)?),
            DraftCondition::Referrer { is, texts } => {
                Condition::Referrer { is: *is, tests: self.texts(texts)? }
            }
            DraftCondition::Campaign { part, is, texts } => {
                Condition::Campaign { part: *part, is: *is, tests: self.texts(texts)? }
            }
            DraftCondition::Country { is, any_of } => {
                let countries =
                    self.each(any_of, "two letters, such as ES", |_, code| Country::parse(code))?;
                Condition::Country { is: *is, any_of: countries.into_iter().collect() }
            }
            DraftCondition::Language { is, any_of } => {
                let any_of =
                    self.each(any_of, "a language tag, such as en or pt-BR", |_, tag| Language::parse(tag))?;
                Condition::Language { is: *is, any_of }
            }
            DraftCondition::Device { is, any_of } => {
                let any_of: BTreeSet<Device> = any_of.iter().copied().collect();
                if any_of.is_empty() {
                    self.wrong("any_of", FieldCode::Required, "one device at least");
                    return None;
                }
                if !is && any_of.len() == 3 {
                    self.wrong("any_of", FieldCode::MatchesNothing, "not all of them");
                    return None;
                }
                Condition::Device { is: *is, any_of }
            }
            DraftCondition::Returning { is } => Condition::Returning(*is),
            DraftCondition::ChattedBefore { is } => Condition::ChattedBefore(*is),
            DraftCondition::CartValue { range, currency } => {
                let coin = currency.as_deref().map(|text| Currency::parse(text).ok_or(()));
                if coin == Some(Err(())) {
                    self.wrong("currency", FieldCode::Format, "three letters, such as EUR");
                }
                let range = self.range(*range, 2, 0.0..=1e9)?;
                Condition::CartValue { range, currency: coin.transpose().ok()? }
            }
            DraftCondition::CartItems { range } => {
                Condition::CartItems(self.range(*range, 0, 0.0..=100_000.0)?)
            }
            DraftCondition::CartContains { is, texts } => {
                Condition::CartContains { is: *is, tests: self.texts(texts)? }
            }
            DraftCondition::AttributeText { key, is, texts } => {
                let (key, tests) = (self.id("key", key), self.texts(texts));
                Condition::Attribute { key: key?, test: AttributeTest::Text { is: *is, tests: tests? } }
            }
            DraftCondition::AttributeNumber { key, range } => {
                let (key, range) = (self.id("key", key), self.range(*range, 3, -1e9..=1e9));
                Condition::Attribute { key: key?, test: AttributeTest::Number(range?) }
            }
            DraftCondition::AttributePresent { key, is } => {
                Condition::Attribute { key: self.id("key", key)?, test: AttributeTest::Present(*is) }
            }
            DraftCondition::Window { is } => Condition::Window(*is),
            DraftCondition::Office { is } => Condition::Office(*is),
            DraftCondition::Event { name } => Condition::Event(self.id("name", name)?),
            DraftCondition::Identity { any_of } => {
                if any_of.is_empty() {
                    self.wrong(
                        "any_of",
                        FieldCode::Required,
                        "one of anonymous, identified, verified at least",
                    );
                    return None;
                }
                Condition::Identity(any_of.iter().copied().collect())
            }
        })
    }

    fn id(&mut self, field: &str, text: &str) -> Option<FieldId> {
        let id = FieldId::parse(text);
        if id.is_none() {
            self.wrong(field, FieldCode::Format, ID);
        }
        id
    }

    fn seconds(&mut self, seconds: i64, allowed: RangeInclusive<Duration>) -> Option<Duration> {
        let span = u64::try_from(seconds).ok().map(Duration::from_secs).filter(|span| allowed.contains(span));
        if span.is_none() {
            let (least, most) = (allowed.start().as_secs(), allowed.end().as_secs());
            self.wrong("seconds", FieldCode::OutOfRange, format!("{least} to {most} seconds"));
        }
        span
    }

    /// `decimals`: how many of a number's are kept, and allowed.
    fn range(&mut self, draft: DraftRange, decimals: i32, allowed: RangeInclusive<f64>) -> Option<Range> {
        if draft.at_least.is_none() && draft.at_most.is_none() {
            self.wrong("at_least", FieldCode::Required, "a least or a most");
            return None;
        }
        let scale = 10_f64.powi(decimals);
        let mut bound = |field: &str, given: Option<f64>| match given {
            Some(n) if !allowed.contains(&n) => {
                let message = format!("{} to {}", allowed.start(), allowed.end());
                self.wrong(field, FieldCode::OutOfRange, message);
                Err(())
            }
            // 49.90 times 100 is not quite 4990.
            Some(n) if ((n * scale).round() - n * scale).abs() > 1e-3 => {
                let message = if decimals == 0 {
                    "a whole number".to_owned()
                } else {
                    format!("at most {decimals} decimals")
                };
                self.wrong(field, FieldCode::Format, message);
                Err(())
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "within the bounds, which are far within an i64"
            )]
            Some(n) => Ok(Some((n * scale).round() as i64)),
            None => Ok(None),
        };
        let (least, most) = (bound("at_least", draft.at_least), bound("at_most", draft.at_most));
        let range = Range { at_least: least.ok()?, at_most: most.ok()? };
        if range.is_empty() {
            self.wrong("at_most", FieldCode::Contradiction, "not less than the least");
            return None;
        }
        Some(range)
    }

    /// A list of alternatives, under `any_of`, `patterns` or `texts`.
    fn list<T, U>(
        &mut self,
        field: &str,
        drafts: &[T],
        mut look: impl FnMut(&mut Self, &T) -> Option<U>,
    ) -> Option<Vec<U>> {
        if drafts.is_empty() {
            self.wrong(field, FieldCode::Required, "one at least");
            return None;
        }
        if drafts.len() > MAX_ALTERNATIVES {
            self.wrong(field, FieldCode::TooMany, format!("at most {MAX_ALTERNATIVES}"));
            return None;
        }
        let each = drafts.iter().enumerate();
        let found: Vec<Option<U>> = each
            .map(|(n, draft)| self.within(&format!("{field}[{n}]"), |checker| look(checker, draft)))
            .collect();
        found.into_iter().collect()
    }

    fn each<U>(
        &mut self,
        drafts: &[String],
        allowed: &str,
        mut read: impl FnMut(&mut Self, &str) -> Option<U>,
    ) -> Option<Vec<U>> {
        self.list("any_of", drafts, |checker, draft| {
            let value = read(checker, draft);
            if value.is_none() {
                checker.wrong("", FieldCode::Format, allowed);
            }
            value
        })
    }

    fn patterns(&mut self, drafts: &[DraftPattern]) -> Option<Vec<UrlPattern>> {
        self.list("patterns", drafts, |checker, draft| {
            let parse = if checker.known.published { UrlPattern::checked } else { UrlPattern::parse };
            let parsed = parse(draft.kind, &draft.text, &checker.known.origins);
            parsed.map_err(|(code, message)| checker.wrong("text", code, message)).ok()
        })
    }

    fn texts(&mut self, drafts: &[DraftText]) -> Option<Vec<TextTest>> {
        self.list("texts", drafts, |checker, draft| {
            let text = draft.text.trim();
            let problem = if text.is_empty() {
                Some((FieldCode::Required, "a text to compare with".to_owned()))
            } else if text.chars().nth(MAX_COMPARED).is_some() {
                Some((FieldCode::TooLong, format!("at most {MAX_COMPARED} characters")))
            } else if text.contains(char::is_control) {
                Some((FieldCode::Format, "one line of text".to_owned()))
            } else {
                None
            };
            match problem {
                Some((code, message)) => {
                    checker.wrong("text", code, message);
                    None
                }
                None => Some(TextTest::new(draft.how, text)),
            }
        })
    }

    fn actions(&mut self, drafts: &[DraftAction]) -> Vec<Action> {
        if drafts.is_empty() {
            self.wrong("actions", FieldCode::Required, "one action at least");
        }
        let mut kinds = BTreeSet::new();
        let mut actions = Vec::new();
        for (n, draft) in drafts.iter().enumerate().take(5) {
            let kind = match draft {
                DraftAction::Message { .. } => 0,
                DraftAction::StartScenario { .. } => 1,
                DraftAction::AssignGroup { .. } => 2,
                DraftAction::OpenWindow => 3,
                DraftAction::ShowForm => 4,
            };
            self.within(&format!("actions[{n}]"), |checker| {
                if !kinds.insert(kind) {
                    checker.wrong("", FieldCode::Duplicate, "this action is there already");
                } else if kind == 1 && kinds.contains(&0) || kind == 0 && kinds.contains(&1) {
                    let message = "a message or a scenario: a scenario begins with a message of its own";
                    checker.wrong("", FieldCode::Contradiction, message);
                }
                actions.extend(checker.action(draft));
            });
        }
        if drafts.len() > 5 {
            self.wrong("actions", FieldCode::TooMany, "at most 5 actions");
        }
        actions
    }

    fn action(&mut self, draft: &DraftAction) -> Option<Action> {
        let known = self.known;
        Some(match draft {
            DraftAction::Message { sender, texts, display } => {
                let (sender, texts) = (self.sender(sender), self.message(texts));
                Action::Message(Message { sender: sender?, texts: texts?, display: *display })
            }
            DraftAction::StartScenario { scenario } => {
                let scenario =
                    self.one_of("scenario", scenario, known.scenarios.as_ref(), "a scenario of the site");
                Action::StartScenario(scenario?)
            }
            DraftAction::AssignGroup { group } => Action::AssignGroup(self.group("group", group)?),
            DraftAction::OpenWindow => Action::OpenWindow,
            DraftAction::ShowForm => Action::ShowForm,
        })
    }

    fn one_of(
        &mut self,
        field: &str,
        text: &str,
        known: Option<&BTreeSet<FieldId>>,
        what: &str,
    ) -> Option<FieldId> {
        let id = FieldId::parse(text).filter(|id| known.is_none_or(|known| known.contains(id)));
        if id.is_none() {
            self.wrong(field, FieldCode::Unknown, what);
        }
        id
    }

    fn group(&mut self, field: &str, text: &str) -> Option<FieldId> {
        self.one_of(field, text, self.known.groups.as_ref(), "a group of the site")
    }

    fn sender(&mut self, draft: &DraftSender) -> Option<Sender> {
        match draft {
            DraftSender::Bot => Some(Sender::Bot),
            DraftSender::Group(group) => self.group("sender.group", group).map(Sender::Group),
            DraftSender::Agent(agent) => {
                let known = self.known.agents.as_ref();
                let agent = agent.parse().ok().filter(|id| known.is_none_or(|known| known.contains(id)));
                if agent.is_none() {
                    self.wrong("sender.agent", FieldCode::Unknown, "an agent of the site");
                }
                agent.map(Sender::Agent)
            }
        }
    }

    fn message(&mut self, drafts: &[(String, String)]) -> Option<LocalText> {
        let spec = TextSpec::prose(MAX_MESSAGE, &["shop"]);
        local_text(
            self.errors,
            &format!("{}.texts", self.path),
            drafts,
            spec,
            self.known.default_language.as_ref(),
        )
    }
}

/// Texts by language, one of them in `needed` (`None`: in any).
pub(crate) fn local_text(
    errors: &mut FieldErrors,
    path: &str,
    drafts: &[(String, String)],
    spec: TextSpec,
    needed: Option<&Language>,
) -> Option<LocalText> {
    let before = errors.0.len();
    let mut texts = LocalText::new();
    for (tag, text) in drafts {
        let path = || format!("{path}.{}", tag.chars().take(35).collect::<String>());
        let Some(language) = Language::parse(tag) else {
            errors.add(path(), FieldCode::Unknown, "a language tag, such as en or pt-BR");
            continue;
        };
        if let Some((code, message)) = spec.problem(text) {
            errors.add(path(), code, message);
        }
        if !text.trim().is_empty() {
            texts.insert(language, text.clone());
        }
    }
    let there = needed.map_or(!texts.is_empty(), |needed| texts.contains_key(needed));
    if !there && errors.0.len() == before {
        let path = needed.map_or_else(|| path.to_owned(), |needed| format!("{path}.{needed}"));
        errors.add(path, FieldCode::Required, "a text in the site's default language");
    }
    (errors.0.len() == before).then_some(texts)
}
