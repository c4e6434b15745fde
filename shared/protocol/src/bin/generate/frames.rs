//! The page of frames: what each is for, its fields, an example from the fixtures; and the error codes.

use mostrador_protocol::generate::{CLIENT, Generated, SERVER};
use mostrador_protocol::{
    MAX_FRAME_BYTES, MAX_HELLO_CONVERSATIONS, client, error, proactive, server, visitors,
};
use schemars::{JsonSchema, Schema, schema_for};
use serde_json::Value;
use std::fmt::Write;

/// `docs/protocol/frames.md`
#[must_use]
pub fn page() -> Generated {
    let mut text = format!(
        "<!-- Generated from shared/protocol by `cargo xtask generate`. Do not edit. -->\n\n\
         # Frames, version {}\n\n\
         Every frame of a client is at most {} KiB of JSON text and has an `id`, a UUID of the client's own in small letters. `hello` and `ping` \
         name at most {} conversations. How frames follow one another is told in [PROTOCOL.md](../PROTOCOL.md).\n\n\
         ## From the client\n",
        mostrador_protocol::VERSION,
        MAX_FRAME_BYTES / 1024,
        MAX_HELLO_CONVERSATIONS,
    );
    for (name, schema) in client_frames() {
        frame(&mut text, CLIENT, "action", name, &schema);
    }
    text.push_str("\n## From the server\n");
    for (name, schema) in server_frames() {
        frame(&mut text, SERVER, "type", name, &schema);
    }
    text.push_str("\n## Error codes\n\nOver the socket in `error`, over HTTP in `{\"error\": {…}}`.\n\n| code | meaning |\n|---|---|\n");
    let codes = schema_for!(error::ErrorCode).to_value();
    for name in codes["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let _ = writeln!(text, "| `{name}` | |");
    }
    for code in codes["oneOf"].as_array().into_iter().flatten() {
        // Codes without a comment come together, the others one by one.
        let together = code["enum"].as_array().into_iter().flatten();
        for name in together.chain(code.get("const")).filter_map(Value::as_str) {
            let meaning = code["description"].as_str().unwrap_or("What its name says.");
            let _ = writeln!(text, "| `{name}` | {} |", line(meaning));
        }
    }
    Generated { path: "docs/protocol/frames.md", text }
}

fn of<T: JsonSchema>() -> Schema {
    schema_for!(T)
}

fn client_frames() -> Vec<(&'static str, Schema)> {
    vec![
        ("hello", of::<client::Hello>()),
        ("send", of::<client::Send>()),
        ("answer", of::<client::Answer>()),
        ("close", of::<client::Close>()),
        ("seen", of::<client::Seen>()),
        ("typing", of::<client::Typing>()),
        ("page", of::<proactive::PageReport>()),
        ("ping", of::<client::Ping>()),
        ("open", of::<client::Open>()),
        ("list", of::<client::ShowList>()),
        ("note", of::<client::Note>()),
        ("assign", of::<client::Assign>()),
        ("join", of::<client::Join>()),
        ("leave", of::<client::Leave>()),
        ("presence", of::<client::Presence>()),
        ("visitors", of::<visitors::Ask>()),
    ]
}

fn server_frames() -> Vec<(&'static str, Schema)> {
    vec![
        ("entries", of::<server::Entries>()),
        ("ready", of::<server::Ready>()),
        ("ack", of::<server::Ack>()),
        ("seen", of::<server::Seen>()),
        ("typing", of::<server::Typing>()),
        ("pong", of::<server::Pong>()),
        ("row", of::<server::Row>()),
        ("rows", of::<server::Rows>()),
        ("presence", of::<server::AgentPresence>()),
        ("visit", of::<server::Visit>()),
        ("page", of::<proactive::PageAnswered>()),
        ("visitors", of::<visitors::Visitors>()),
        ("error", of::<server::Error>()),
        ("bye", of::<server::Bye>()),
    ]
}

fn frame(text: &mut String, fixtures: &str, tag: &str, name: &str, schema: &Schema) {
    let schema = schema.as_value();
    let _ = writeln!(text, "\n### `{name}`\n");
    if let Some(about) = schema["description"].as_str() {
        let _ = writeln!(text, "{}\n", line(about));
    }
    text.push_str("| field | | |\n|---|---|---|\n");
    for (field, about) in schema["properties"].as_object().into_iter().flatten() {
        let nullable = about.to_string().contains("\"null\"");
        let left_out = about.get("default").is_some_and(|default| !default.is_null());
        let presence = match (nullable, left_out) {
            (true, _) => "or null",
            (false, true) => "may be left out",
            (false, false) => "",
        };
        let meaning = about["description"].as_str().unwrap_or_default();
        let _ = writeln!(text, "| `{field}` | {presence} | {} |", line(meaning));
    }
    let fixtures: Vec<Value> = serde_json::from_str(fixtures).expect("fixtures are JSON");
    let example = fixtures.iter().find(|frame| frame[tag] == name);
    let example = example.unwrap_or_else(|| panic!("there is no fixture for {name}"));
    let _ = writeln!(text, "\n```json\n{}\n```", serde_json::to_string_pretty(example).expect("JSON"));
}

/// A comment's lines as one, fit for a table's cell.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
