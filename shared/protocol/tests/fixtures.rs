//! The fixtures that Rust and TypeScript both read: frames as they stand on the wire.

use mostrador_protocol::{ClientFrame, ServerFrame};
use serde_json::Value;

fn read(name: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/fixtures/protocol/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_accepted_client_frame_is_read_and_written_as_it_stands() {
    let mut actions = Vec::new();
    for frame in read("client-accepted") {
        let parsed =
            ClientFrame::parse(&frame.to_string()).unwrap_or_else(|error| panic!("{frame}: {error}"));
        assert_eq!(serde_json::to_value(&parsed).unwrap(), frame);
        actions.push(frame["action"].as_str().unwrap().to_owned());
    }
    for action in [
        "hello", "send", "answer", "choose", "restart", "close", "seen", "typing", "page", "ping", "open",
        "list", "note", "assign", "join", "leave", "presence", "visitors",
    ] {
        assert!(actions.iter().any(|known| known == action), "no fixture for {action}");
    }
}

#[test]
fn every_refused_client_frame_is_refused_by_name() {
    for case in read("client-refused") {
        let raw = case["raw"].as_str().unwrap();
        let error = ClientFrame::parse(raw).expect_err(raw);
        assert_eq!(serde_json::to_value(error.code).unwrap(), case["code"], "{raw}");
        assert_eq!(error.field.as_deref(), case["field"].as_str(), "{raw}");
    }
}

#[test]
fn a_frame_over_its_limit_is_too_large() {
    let raw = format!(
        r#"{{"action":"send","id":"018f3b1e-7c1a-7000-8000-000000000001","conversation_id":null,"text":"{}"}}"#,
        "é".repeat(13_000)
    );
    let error = ClientFrame::parse(&raw).unwrap_err();
    assert_eq!(serde_json::to_value(error.code).unwrap(), "too_large");
}

#[test]
fn every_server_frame_is_read_and_written_as_it_stands() {
    let mut kinds = Vec::new();
    for frame in read("server") {
        let parsed: ServerFrame =
            serde_json::from_value(frame.clone()).unwrap_or_else(|error| panic!("{frame}: {error}"));
        assert_eq!(serde_json::to_value(&parsed).unwrap(), frame);
        kinds.push(frame["type"].as_str().unwrap().to_owned());
    }
    for kind in [
        "entries", "ready", "ack", "seen", "typing", "pong", "row", "rows", "presence", "visit", "page",
        "visitors", "error", "bye",
    ] {
        assert!(kinds.iter().any(|known| known == kind), "no fixture for {kind}");
    }
}

/// As the type of its route, and back to the letter.
fn check<T: serde::de::DeserializeOwned + serde::Serialize>(route: &str, body: &Value) {
    let parsed: T = serde_json::from_value(body.clone()).unwrap_or_else(|error| panic!("{route}: {error}"));
    assert_eq!(serde_json::to_value(&parsed).unwrap(), *body, "{route}");
}

#[test]
fn every_body_of_the_http_api_is_read_and_written_as_it_stands() {
    use mostrador_protocol::documents::*;
    use mostrador_protocol::http::*;
    use mostrador_protocol::proactive::*;
    use mostrador_protocol::scenarios::{TryAnswer, TryRequest};
    use mostrador_protocol::server::Ack;
    use mostrador_protocol::visitors::*;
    for fixture in read("http") {
        let route = fixture["route"].as_str().unwrap();
        if let Some(request) = fixture.get("request") {
            match route {
                "post /v1/sites/{site}/sessions" => check::<NewSession>(route, request),
                "post /v1/sites/{site}/resume" => check::<ResumeRequest>(route, request),
                "post /v1/tickets" => check::<NewTicket>(route, request),
                "post /v1/sites/{site}/page-views" => check::<PageReport>(route, request),
                "post /v1/agent/sites/{site}/triggers/test" => check::<TriggerTestRequest>(route, request),
                "post /v1/conversations" | "post /v1/conversations/{conversation}/messages" => {
                    check::<NewMessage>(route, request)
                }
                "post /v1/conversations/choices" | "post /v1/conversations/{conversation}/choices" => {
                    check::<NewChoice>(route, request)
                }
                "post /v1/conversations/{conversation}/restart" => check::<NewRestart>(route, request),
                "post /v1/agent/sites/{site}/scenarios/try" => check::<TryRequest>(route, request),
                "post /v1/conversations/{conversation}/close" => check::<CloseRequest>(route, request),
                "post /v1/conversations/{conversation}/answers" => check::<NewAnswer>(route, request),
                "post /v1/sites/{site}/faqs/{faq}/opened" => check::<FaqOpened>(route, request),
                "post /v1/conversations/{conversation}/seen" => check::<SeenRequest>(route, request),
                "post /v1/conversations/{conversation}/transcript" => {
                    check::<TranscriptRequest>(route, request)
                }
                "post /v1/agent/conversations/{conversation}/transcript" => {
                    check::<AgentTranscriptRequest>(route, request)
                }
                "put /v1/agent/sites/{site}/notifications" => check::<NotificationChoice>(route, request),
                "put /v1/agent/sites/{site}/settings/{section}"
                | "put /v1/agent/sites/{site}/triggers"
                | "put /v1/agent/sites/{site}/groups"
                | "put /v1/agent/sites/{site}/scenarios/{scenario}" => {
                    check::<PublishRequest>(route, request)
                }
                "post /v1/agent/sites/{site}/settings/{section}/history/{version}/restore"
                | "post /v1/agent/sites/{site}/triggers/history/{version}/restore"
                | "post /v1/agent/sites/{site}/scenarios/{scenario}/history/{version}/restore"
                | "post /v1/agent/sites/{site}/groups/history/{version}/restore" => {
                    check::<RestoreRequest>(route, request)
                }
                "put /v1/agent/sites/{site}/agents/{agent}" => check::<ProfileRequest>(route, request),
                "post /v1/agent/sites/{site}/identity-keys" => check::<NewIdentityKey>(route, request),
                "post /v1/agent/sites/{site}/identity-keys/{key}/end" => {
                    check::<EndIdentityKey>(route, request)
                }
                "post /v1/agent/sites/{site}/settings/hours/preview" => {
                    check::<HoursPreviewRequest>(route, request)
                }
                "post /v1/agent/sites/{site}/visitors/{visitor}/invitations" => {
                    check::<NewInvitation>(route, request)
                }
                _ => panic!("{route} takes nothing"),
            }
        }
        if let Some(answer) = fixture.get("answer") {
            match route {
                "get /v1/sites/{site}/config" => check::<SiteConfig>(route, answer),
                "post /v1/sites/{site}/sessions" => check::<SessionAnswer>(route, answer),
                "post /v1/sites/{site}/resume" => check::<ResumeAnswer>(route, answer),
                "post /v1/tickets" => check::<TicketAnswer>(route, answer),
                "post /v1/sites/{site}/page-views" => check::<PageAnswer>(route, answer),
                "post /v1/agent/sites/{site}/triggers/test" => check::<TriggerTestAnswer>(route, answer),
                "get /v1/agent/sites/{site}/triggers/names" => check::<TriggerNames>(route, answer),
                "get /v1/agent/sites/{site}/triggers/results" => check::<TriggerResultsAnswer>(route, answer),
                "get /v1/agent/sites/{site}/visitors/{visitor}/explanation" => {
                    check::<VisitorExplanation>(route, answer)
                }
                "get /v1/conversations/current" => check::<CurrentConversation>(route, answer),
                "post /v1/conversations"
                | "post /v1/conversations/{conversation}/messages"
                | "post /v1/conversations/choices"
                | "post /v1/conversations/{conversation}/choices"
                | "post /v1/conversations/{conversation}/restart"
                | "post /v1/conversations/{conversation}/answers"
                | "post /v1/conversations/{conversation}/close" => check::<Ack>(route, answer),
                "post /v1/agent/sites/{site}/scenarios/try" => check::<TryAnswer>(route, answer),
                "get /v1/conversations/{conversation}/entries" => check::<EntriesAnswer>(route, answer),
                "get /v1/conversations/{conversation}/{log}/{seq}/attachments/{key}" => {
                    check::<FileLink>(route, answer)
                }
                "get /v1/agent/conversations/{conversation}/{log}/{seq}/original" => {
                    check::<OriginalMail>(route, answer)
                }
                "get /v1/agent/me" => check::<Me>(route, answer),
                "put /v1/agent/sites/{site}/agents/{agent}"
                | "put /v1/agent/sites/{site}/agents/{agent}/photo"
                | "delete /v1/agent/sites/{site}/agents/{agent}/photo" => check::<AgentInfo>(route, answer),
                "get /v1/agent/sites/{site}/notifications" | "put /v1/agent/sites/{site}/notifications" => {
                    check::<Notifications>(route, answer)
                }
                "get /v1/agent/sites/{site}/agents" => check::<AgentsAnswer>(route, answer),
                "get /v1/agent/sites/{site}/conversations" => check::<ListAnswer>(route, answer),
                "get /v1/agent/conversations/{conversation}" => check::<ConversationDetail>(route, answer),
                "get /v1/sites/{site}/content" => check::<SiteContent>(route, answer),
                "get /v1/agent/sites/{site}/settings" => check::<SettingsAnswer>(route, answer),
                "post /v1/agent/sites/{site}/settings/hours/preview" => check::<HoursPreview>(route, answer),
                "get /v1/agent/sites/{site}/settings/{section}/history"
                | "get /v1/agent/sites/{site}/triggers/history"
                | "get /v1/agent/sites/{site}/groups/history"
                | "get /v1/agent/sites/{site}/scenarios/{scenario}/history" => {
                    check::<HistoryAnswer>(route, answer)
                }
                "get /v1/agent/sites/{site}/settings/{section}"
                | "put /v1/agent/sites/{site}/settings/{section}"
                | "get /v1/agent/sites/{site}/settings/{section}/history/{version}"
                | "post /v1/agent/sites/{site}/settings/{section}/history/{version}/restore" => {
                    check::<PublishedSection>(route, answer)
                }
                "get /v1/agent/sites/{site}/triggers"
                | "put /v1/agent/sites/{site}/triggers"
                | "get /v1/agent/sites/{site}/groups"
                | "put /v1/agent/sites/{site}/groups"
                | "get /v1/agent/sites/{site}/scenarios/{scenario}"
                | "get /v1/agent/sites/{site}/groups/history/{version}"
                | "post /v1/agent/sites/{site}/groups/history/{version}/restore"
                | "put /v1/agent/sites/{site}/scenarios/{scenario}"
                | "get /v1/agent/sites/{site}/triggers/history/{version}"
                | "post /v1/agent/sites/{site}/triggers/history/{version}/restore"
                | "get /v1/agent/sites/{site}/scenarios/{scenario}/history/{version}"
                | "post /v1/agent/sites/{site}/scenarios/{scenario}/history/{version}/restore" => {
                    check::<PublishedDocument>(route, answer);
                }
                "get /v1/agent/sites/{site}/scenarios" => check::<ScenariosAnswer>(route, answer),
                "get /v1/agent/sites/{site}/faq-counts" => check::<FaqCountsAnswer>(route, answer),
                "post /v1/agent/sites/{site}/settings/email/test" => check::<MailTestAnswer>(route, answer),
                "get /v1/agent/sites/{site}/settings/email/identity" => {
                    check::<MailIdentityAnswer>(route, answer);
                }
                "get /v1/agent/sites/{site}/identity-keys" => check::<IdentityKeysAnswer>(route, answer),
                "post /v1/agent/sites/{site}/identity-keys" => check::<IdentityKeyAnswer>(route, answer),
                "get /v1/agent/sites/{site}/visitors/{visitor}" => check::<VisitorDetail>(route, answer),
                "post /v1/agent/sites/{site}/visitors/{visitor}/invitations" => {
                    check::<InvitationAnswer>(route, answer)
                }
                "default" => check::<ErrorAnswer>(route, answer),
                _ => panic!("{route} answers nothing"),
            }
        }
    }
}
