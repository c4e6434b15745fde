//! What is wrong with a scenario: every field by its path (`steps[3].next.buttons[0].goes`), all at once.

use super::draft::{Draft, DraftButton, DraftNext, DraftStep, DraftTo, Known};
use super::{
    Button, MAX_BUTTON, MAX_BUTTONS, MAX_CHARACTERS, MAX_IN_A_ROW, MAX_NAME, MAX_STEPS, MAX_TEXT, Next,
    Scenario, Step, To,
};
use crate::fields::{FieldCode, FieldError, FieldErrors};
use crate::settings::{FieldId, LocalText, TextSpec};
use crate::triggers::local_text;
use std::collections::{BTreeMap, BTreeSet};

const ID: &str = "1 to 40 of a-z, 0-9, - and _";
const A_STEP: &str = "a step of this scenario";
/// How far from its origin the picture reaches.
const MAX_PLACE: i64 = 100_000;

/// The scenario, or everything that is wrong with it.
pub fn check(draft: &Draft, known: &Known) -> Result<Scenario, Vec<FieldError>> {
    let mut errors = FieldErrors::default();
    let id = identifier(&mut errors, "id", &draft.id);
    let name = draft.name.trim();
    if name.is_empty() {
        errors.add("name", FieldCode::Required, "a name, for agents only");
    } else if let Some((code, message)) = TextSpec::line(MAX_NAME, &[]).problem(name) {
        errors.add("name", code, message);
    }
    if draft.steps.is_empty() {
        errors.add("steps", FieldCode::Required, "one step at least");
    }
    if draft.steps.len() > MAX_STEPS {
        errors.add("steps", FieldCode::TooMany, format!("at most {MAX_STEPS} steps"));
    }
    let drawn = &draft.steps[..draft.steps.len().min(MAX_STEPS)];
    if characters(drawn) > MAX_CHARACTERS {
        let message = format!("at most {MAX_CHARACTERS} characters, all texts and languages together");
        errors.add("steps", FieldCode::TooLong, message);
    }
    let ids: BTreeSet<FieldId> = drawn.iter().filter_map(|step| FieldId::parse(&step.id)).collect();
    let mut checker = Checker { errors: &mut errors, known, ids: &ids };
    let first = checker.leads("first", &draft.first);
    let offline = draft.offline.as_ref().and_then(|id| checker.leads("offline", id));
    let mut steps = BTreeMap::new();
    let mut places = BTreeMap::new();
    for (n, drawn) in drawn.iter().enumerate() {
        let path = format!("steps[{n}]");
        let Some(id) = identifier(checker.errors, &format!("{path}.id"), &drawn.id) else { continue };
        let begins = first.as_ref() == Some(&id) || offline.as_ref() == Some(&id);
        if places.insert(id.clone(), n).is_some() {
            checker.errors.add(format!("{path}.id"), FieldCode::Duplicate, "another step has this id");
        } else if let Some(step) = checker.step(&path, drawn, begins) {
            steps.insert(id, step);
        }
    }
    let start = first.clone().into_iter().chain(offline.clone());
    // A step that was refused leads nowhere: what hangs on it is looked at when it is right.
    if errors.0.is_empty() {
        shape(&mut errors, &steps, &places, start);
    }
    let unset = || FieldId::name();
    errors.finish(Scenario {
        id: id.unwrap_or_else(unset),
        version: draft.version,
        name: name.to_owned(),
        start: draft.start,
        first: first.unwrap_or_else(unset),
        offline,
        steps,
    })
}

fn characters(steps: &[DraftStep]) -> usize {
    let of = |texts: &[(String, String)]| texts.iter().map(|(_, text)| text.chars().count()).sum::<usize>();
    let buttons = |step: &DraftStep| match &step.next {
        Some(DraftNext::Buttons(buttons)) => buttons.iter().map(|button| of(&button.labels)).sum(),
        _ => 0,
    };
    steps.iter().map(|step| of(&step.texts) + buttons(step)).sum()
}

fn identifier(errors: &mut FieldErrors, path: &str, text: &str) -> Option<FieldId> {
    let id = FieldId::parse(text);
    if id.is_none() {
        errors.add(path, FieldCode::Format, ID);
    }
    id
}

struct Checker<'a> {
    errors: &'a mut FieldErrors,
    known: &'a Known,
    ids: &'a BTreeSet<FieldId>,
}

impl Checker<'_> {
    fn leads(&mut self, path: &str, to: &str) -> Option<FieldId> {
        let id = FieldId::parse(to).filter(|id| self.ids.contains(id));
        if id.is_none() {
            self.errors.add(path, FieldCode::Unknown, A_STEP);
        }
        id
    }

    fn step(&mut self, path: &str, draft: &DraftStep, begins: bool) -> Option<Step> {
        let texts_path = format!("{path}.texts");
        let says = draft.texts.iter().any(|(_, text)| !text.trim().is_empty());
        let chooses = matches!(draft.next, Some(DraftNext::Buttons(_)));
        let texts = if says || chooses || begins {
            self.texts(&texts_path, &draft.texts, TextSpec::prose(MAX_TEXT, &["shop"]))
        } else {
            Some(LocalText::new())
        };
        let place = |n: i64| i32::try_from(n.clamp(-MAX_PLACE, MAX_PLACE)).unwrap_or_default();
        let next = match &draft.next {
            Some(next) => self.next(&format!("{path}.next"), next),
            None if says => {
                let message = "what comes next: buttons, another step, a person, or that it ends here";
                self.errors.add(format!("{path}.next"), FieldCode::DeadEnd, message);
                None
            }
            None => Some(Next::HandOver { to: To::Anyone, offline: None }),
        };
        Some(Step { texts: texts?, next: next?, place: (place(draft.place.0), place(draft.place.1)) })
    }

    fn texts(&mut self, path: &str, drafts: &[(String, String)], spec: TextSpec) -> Option<LocalText> {
        local_text(self.errors, path, drafts, spec, self.known.default_language.as_ref())
    }

    fn next(&mut self, path: &str, draft: &DraftNext) -> Option<Next> {
        match draft {
            DraftNext::Buttons(buttons) => {
                self.buttons(&format!("{path}.buttons"), buttons).map(Next::Buttons)
            }
            DraftNext::Go { to } => self.leads(&format!("{path}.to"), to).map(Next::Go),
            DraftNext::Ask { field, then } => {
                let then = self.leads(&format!("{path}.then"), then);
                let fields = self.known.fields.as_ref();
                let field =
                    self.one_of(&format!("{path}.field"), field, fields, "a field of the intake form");
                Some(Next::Ask { field: field?, then: then? })
            }
            DraftNext::HandOver { to, offline } => {
                let to = match to {
                    DraftTo::Anyone => Some(To::Anyone),
                    DraftTo::Group(group) => {
                        let groups = self.known.groups.as_ref();
                        self.one_of(&format!("{path}.to.group"), group, groups, "a group of the site")
                            .map(To::Group)
                    }
                    DraftTo::Agent(agent) => {
                        let agents = self.known.agents.as_ref();
                        let fits = |id: &crate::AgentId| agents.is_none_or(|agents| agents.contains(id));
                        let agent = agent.parse().ok().filter(fits);
                        if agent.is_none() {
                            self.errors.add(
                                format!("{path}.to.agent"),
                                FieldCode::Unknown,
                                "an agent of the site",
                            );
                        }
                        agent.map(To::Agent)
                    }
                };
                let branch = match offline {
                    Some(branch) => Some(self.leads(&format!("{path}.offline"), branch)?),
                    None => None,
                };
                Some(Next::HandOver { to: to?, offline: branch })
            }
            DraftNext::End { restart } => Some(Next::End { restart: *restart }),
        }
    }

    fn one_of(
        &mut self,
        path: &str,
        text: &str,
        known: Option<&BTreeSet<FieldId>>,
        what: &str,
    ) -> Option<FieldId> {
        let id = FieldId::parse(text).filter(|id| known.is_none_or(|known| known.contains(id)));
        if id.is_none() {
            self.errors.add(path, FieldCode::Unknown, what);
        }
        id
    }

    fn buttons(&mut self, path: &str, drafts: &[DraftButton]) -> Option<Vec<Button>> {
        if drafts.is_empty() {
            self.errors.add(path, FieldCode::DeadEnd, "one button at least, or what comes next without one");
            return None;
        }
        if drafts.len() > MAX_BUTTONS {
            self.errors.add(path, FieldCode::TooMany, format!("at most {MAX_BUTTONS} buttons"));
            return None;
        }
        let mut buttons: Vec<Option<Button>> = Vec::new();
        let mut ids = BTreeSet::new();
        for (n, draft) in drafts.iter().enumerate() {
            let path = |field: &str| format!("{path}[{n}].{field}");
            let id = identifier(self.errors, &path("id"), &draft.id);
            if id.as_ref().is_some_and(|id| !ids.insert(id.clone())) {
                self.errors.add(path("id"), FieldCode::Duplicate, "another button of this step has this id");
            }
            let labels = self.texts(&path("labels"), &draft.labels, TextSpec::line(MAX_BUTTON, &["shop"]));
            let goes = self.leads(&path("goes"), &draft.goes);
            let button = || Some(Button { id: id?, labels: labels?, goes: goes? });
            buttons.push(button());
        }
        buttons.into_iter().collect()
    }
}

/// What is wrong with the graph as a whole.
fn shape(
    errors: &mut FieldErrors,
    steps: &BTreeMap<FieldId, Step>,
    places: &BTreeMap<FieldId, usize>,
    start: impl Iterator<Item = FieldId>,
) {
    let mut reached = BTreeSet::new();
    let mut open: Vec<FieldId> = start.collect();
    while let Some(id) = open.pop() {
        let leads_to = steps.get(&id).into_iter().flat_map(|step| step.next.leads_to());
        open.extend(leads_to.filter(|to| !reached.contains(*to)).cloned());
        reached.insert(id);
    }
    for (id, n) in places {
        if !reached.contains(id) {
            errors.add(format!("steps[{n}]"), FieldCode::Unreachable, "no step leads here");
        }
    }
    // At most one way leads on unasked: following it for as many steps as there are finds every circle.
    let mut told = BTreeSet::new();
    for id in steps.keys() {
        let mut seen = BTreeSet::new();
        let mut at = Some(id);
        while let Some(id) = at {
            if !seen.insert(id) {
                if told.is_disjoint(&circle(steps, id)) {
                    told.extend(circle(steps, id));
                    let n = places.get(id).copied().unwrap_or_default();
                    let message = "this step comes back to itself without a button: put one in between";
                    errors.add(format!("steps[{n}]"), FieldCode::Endless, message);
                }
                break;
            }
            at = steps.get(id).and_then(|step| step.next.unasked());
        }
        if at.is_none() && seen.len() > MAX_IN_A_ROW && !follows(steps, id) {
            let n = places.get(id).copied().unwrap_or_default();
            let message = format!("at most {MAX_IN_A_ROW} steps in a row: put a button in between");
            errors.add(format!("steps[{n}]"), FieldCode::TooMany, message);
        }
    }
}

/// Some step leads on to this one unasked: a row that is too long is told of once, at its beginning.
fn follows(steps: &BTreeMap<FieldId, Step>, id: &FieldId) -> bool {
    steps.values().any(|step| step.next.unasked() == Some(id))
}

/// The steps of the circle that `id` is on.
fn circle<'a>(steps: &'a BTreeMap<FieldId, Step>, id: &'a FieldId) -> BTreeSet<&'a FieldId> {
    let mut on = BTreeSet::from([id]);
    let mut at = steps.get(id).and_then(|step| step.next.unasked());
    while let Some(id) = at.filter(|id| on.insert(id)) {
        at = steps.get(id).and_then(|step| step.next.unasked());
    }
    on
}
