//! The ready-made triggers (T3) in TypeScript: the dashboard offers them, and fills in the page and the text, without asking.

use crate::triggers::TriggerSettings;
use domain::settings::{SHIPPED, Shipped};
use domain::triggers::templates::Template;
use domain::triggers::{Known, check};
use serde_json::{Map, Value, json};

/// By language tag.
fn spoken(text: Shipped) -> Value {
    let tags = SHIPPED.iter().map(|tag| (*tag).to_owned());
    Value::Object(tags.zip(text.all().map(Value::from)).collect::<Map<_, _>>())
}

fn template(template: Template) -> Value {
    let text = template.text();
    let drafts = [template.draft("/", SHIPPED[0], text.en)];
    let triggers = check(&drafts, &Known::default()).expect("a template is a trigger");
    let mut settings = serde_json::to_value(TriggerSettings::from(&triggers)).expect("JSON");
    json!({
        "name": template.name(),
        "title": spoken(template.title()),
        "purpose": spoken(template.purpose()),
        "text": spoken(text),
        "trigger": settings["triggers"][0].take(),
    })
}

#[must_use]
pub fn typescript() -> String {
    let templates: Vec<Value> = Template::ALL.map(template).into();
    let templates = serde_json::to_string_pretty(&templates).expect("JSON");
    format!(
        "// Generated from shared/domain by `cargo xtask generate`. Do not edit.\n\n\
         import type {{ TriggerBody }} from \"./index.js\";\n\n\
         /** Title, purpose and a suggested text by language. `trigger` is for the page `/` and says the English text. */\n\
         export type TriggerTemplate = {{ name: string, title: Record<string, string>, purpose: Record<string, string>, text: Record<string, string>, trigger: TriggerBody }};\n\n\
         export const TRIGGER_TEMPLATES: readonly TriggerTemplate[] = {templates};\n"
    )
}
