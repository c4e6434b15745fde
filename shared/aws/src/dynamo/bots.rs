//! Where a chat is in its scenario, and what an entry is to it: maps on the head and on entries.

use super::conversations::{items, read_field_id};
use super::item::Item;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::conversation::{BotMark, BotPart};
use domain::people::Told;
use domain::ports::{StoreError, Stored};
use domain::scenario::{At, Offered, State};
use domain::settings::FieldId;
use std::collections::BTreeMap;

const STATE: &str = "scenario";
const MARK: &str = "bot";
/// A profile's answers are attributes of its own, so that one is set without a look at the others.
const ANSWER: &str = "answer_";

pub(super) fn write_state(mut item: Item, state: &State) -> Item {
    let map = Item::default()
        .text("id", state.scenario.as_str())
        .number("version", state.version)
        .number("turn", state.turn);
    let map = match &state.at {
        At::Buttons(step) => map.text("at", "buttons").text("step", step.as_str()),
        At::Asking(step) => map.text("at", "asking").text("step", step.as_str()),
        At::HandedOver => map.text("at", "handed_over"),
        At::Ended { restart } => map.text("at", "ended").flag("restart", *restart),
        At::Silent => map.text("at", "silent"),
    };
    item.0.insert(STATE.to_owned(), AttributeValue::M(map.0));
    item
}

pub(super) fn read_state(item: &Item) -> Stored<Option<State>> {
    let Some(map) = map(item, STATE)? else { return Ok(None) };
    let at = match map.need("at")? {
        "buttons" => At::Buttons(read_field_id(&map, "step")?),
        "asking" => At::Asking(read_field_id(&map, "step")?),
        "handed_over" => At::HandedOver,
        "ended" => At::Ended { restart: map.is_set("restart") },
        "silent" => At::Silent,
        _ => return Err(StoreError::Broken("attribute scenario".into())),
    };
    let (version, turn) = (map.need_number("version")?, map.need_number("turn")?);
    Ok(Some(State { scenario: read_field_id(&map, "id")?, version, turn, at }))
}

pub(super) fn write_mark(mut item: Item, mark: &BotMark) -> Item {
    let map = match &mark.part {
        BotPart::Said { scenario, step, turn, buttons } => {
            let button = |button: &Offered| {
                AttributeValue::M(
                    Item::default().text("id", button.id.as_str()).text("label", &button.label).0,
                )
            };
            let mut map = Item::default()
                .text("part", "said")
                .text("id", scenario.as_str())
                .text("step", step.as_str())
                .number("turn", *turn);
            map.0.insert("buttons".to_owned(), AttributeValue::L(buttons.iter().map(button).collect()));
            map
        }
        BotPart::Chose { turn, button } => {
            Item::default().text("part", "chose").number("turn", *turn).text("button", button.as_str())
        }
        BotPart::Heard => Item::default().text("part", "heard"),
        BotPart::Moved => Item::default().text("part", "moved"),
    };
    let map = match &mark.state {
        Some(state) => write_state(map, state),
        None => map,
    };
    item.0.insert(MARK.to_owned(), AttributeValue::M(map.0));
    item
}

pub(super) fn read_mark(item: &Item) -> Stored<Option<Box<BotMark>>> {
    let Some(map) = map(item, MARK)? else { return Ok(None) };
    let part = match map.need("part")? {
        "said" => {
            let button = |item: Item| {
                Ok(Offered { id: read_field_id(&item, "id")?, label: item.need("label")?.to_owned() })
            };
            BotPart::Said {
                scenario: read_field_id(&map, "id")?,
                step: read_field_id(&map, "step")?,
                turn: map.need_number("turn")?,
                buttons: items(&map, "buttons")?.into_iter().map(button).collect::<Stored<_>>()?,
            }
        }
        "chose" => BotPart::Chose { turn: map.need_number("turn")?, button: read_field_id(&map, "button")? },
        "heard" => BotPart::Heard,
        "moved" => BotPart::Moved,
        _ => return Err(StoreError::Broken("attribute bot".into())),
    };
    Ok(Some(Box::new(BotMark { part, state: read_state(&map)? })))
}

/// An answer's attribute and its value.
pub(super) fn write_answer(field: &FieldId, told: &Told) -> (String, AttributeValue) {
    let map = Item::default().text("question", &told.question).text("answer", &told.answer);
    (format!("{ANSWER}{field}"), AttributeValue::M(map.0))
}

pub(super) fn read_answers(item: &Item) -> Stored<BTreeMap<FieldId, Told>> {
    let fields = item.0.keys().filter_map(|name| Some((name, FieldId::parse(name.strip_prefix(ANSWER)?)?)));
    let answer = |(name, field): (&String, FieldId)| {
        let Some(told) = map(item, name)? else {
            return Err(StoreError::Broken(format!("attribute {name}")));
        };
        let (question, answer) = (told.need("question")?.to_owned(), told.need("answer")?.to_owned());
        Ok((field, Told { question, answer }))
    };
    fields.map(answer).collect()
}

fn map(item: &Item, name: &str) -> Stored<Option<Item>> {
    let Some(value) = item.0.get(name) else { return Ok(None) };
    let map = value.as_m().map_err(|_| StoreError::Broken(format!("attribute {name}")))?;
    Ok(Some(Item::from(map.clone())))
}
