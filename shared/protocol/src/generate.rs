//! Everything that is generated from the wire's types: TypeScript, AsyncAPI, OpenAPI, the tables of `docs/PROTOCOL.md`.

use crate::{
    client, documents, error, groups, http, proactive, scenarios, server, settings, triggers, visitors,
};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};
use ts_rs::{Config, TS};

/// The examples: what the tests of both languages read.
pub const CLIENT: &str = include_str!("../../../tests/fixtures/protocol/client-accepted.json");
pub const SERVER: &str = include_str!("../../../tests/fixtures/protocol/server.json");
const HTTP: &str = include_str!("../../../tests/fixtures/protocol/http.json");

/// A generated file: its path in the project, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    pub path: &'static str,
    pub text: String,
}

macro_rules! all_types {
    ($visit:ident, $($module:ident :: $name:ident),* $(,)?) => { $( $visit!($module :: $name); )* };
}

macro_rules! with_all_types {
    ($visit:ident) => {
        all_types!(
            $visit,
            client::ListName,
            client::PresenceStatus,
            client::Numbers,
            client::Known,
            client::Hello,
            client::Send,
            client::Answer,
            client::Choose,
            client::Restart,
            client::Close,
            client::Seen,
            client::Typing,
            client::Page,
            client::ListDigest,
            client::Ping,
            client::Open,
            client::ShowList,
            client::Note,
            client::Assign,
            client::Join,
            client::Leave,
            client::Presence,
            visitors::Ask,
            client::Command,
            client::ClientFrame,
            error::ErrorCode,
            server::LogName,
            server::Author,
            server::AgentName,
            server::TriggerName,
            server::AskedChoice,
            server::AskedField,
            server::Body,
            server::Why,
            server::MailMark,
            server::Attached,
            server::MailClass,
            server::Entry,
            server::StatusName,
            server::FormProgress,
            server::Cursor,
            server::Cursors,
            server::Head,
            server::Entries,
            server::Availability,
            server::Ready,
            server::Ack,
            server::ReaderName,
            server::Seen,
            server::Typing,
            server::PongHead,
            server::Pong,
            server::Preview,
            server::Row,
            server::Rows,
            server::AgentPresence,
            server::Visit,
            visitors::SystemName,
            visitors::BrowserName,
            visitors::CartTotal,
            visitors::InvitationState,
            visitors::InvitationSeen,
            visitors::VisitorRow,
            visitors::Visitors,
            visitors::PageVisited,
            visitors::CartLine,
            visitors::VisitorAttribute,
            visitors::VisitorDetail,
            visitors::NewInvitation,
            visitors::InvitationAnswer,
            server::Error,
            server::ByeReason,
            server::Bye,
            server::ServerFrame,
            http::TokenProof,
            http::CustomerProof,
            http::IdentityProof,
            http::NewSession,
            http::SessionAnswer,
            http::ResumeRequest,
            http::ResumeAnswer,
            http::NewTicket,
            http::TicketAnswer,
            http::TeamMember,
            http::SiteConfig,
            http::CurrentConversation,
            http::EntriesAnswer,
            http::FileLink,
            http::OriginalMail,
            http::NewMessage,
            http::NewChoice,
            http::NewRestart,
            http::NewAnswer,
            http::FaqOpened,
            http::FaqCount,
            http::FaqCountsAnswer,
            http::CloseRequest,
            http::SeenRequest,
            http::TranscriptRequest,
            http::TranscriptRecipient,
            http::AgentTranscriptRequest,
            http::WhenNotified,
            http::QuietHours,
            http::NotificationChoice,
            http::Notifications,
            http::RoleName,
            http::MySite,
            http::Me,
            http::ListAnswer,
            http::AgentInfo,
            http::AgentsAnswer,
            http::ProfileRequest,
            http::ToldAnswer,
            http::ShopperProfile,
            http::ConversationDetail,
            http::ErrorBody,
            http::ErrorAnswer,
            http::Revision,
            http::PublishedSection,
            http::SettingsAnswer,
            http::PublishRequest,
            http::RestoreRequest,
            http::HoursPreviewRequest,
            http::HoursStatusName,
            http::HoursPreview,
            http::HistoryAnswer,
            http::IdentityKey,
            http::IdentityKeysAnswer,
            http::MailReach,
            http::SuppressedWhy,
            http::MailTestAnswer,
            http::MailTestOutcome,
            http::MailIdentityAnswer,
            http::MailStanding,
            http::DnsRecord,
            http::DnsRecordFor,
            http::NewIdentityKey,
            http::IdentityKeyAnswer,
            http::EndIdentityKey,
            http::PublicSettings,
            http::SiteContent,
            settings::SectionName,
            settings::GeneralSettings,
            settings::CornerName,
            settings::LauncherName,
            settings::AppearanceSettings,
            settings::VisibilityName,
            settings::VisibilitySettings,
            settings::HoursRange,
            settings::WeekHours,
            settings::HoursException,
            settings::HoursSettings,
            settings::TextSettings,
            settings::Faq,
            settings::FaqSettings,
            settings::FormWhenName,
            settings::FieldKindName,
            settings::FormChoice,
            settings::FormField,
            settings::FormSettings,
            settings::AutomaticReply,
            settings::AutomaticSettings,
            settings::PrivacySettings,
            settings::EmailSettings,
            settings::VisitorSettings,
            settings::FieldCode,
            settings::FieldProblem,
            settings::SectionBody,
            documents::DocumentBody,
            documents::PublishedDocument,
            documents::Current,
            documents::ScenarioInfo,
            documents::ScenariosAnswer,
            documents::GroupChoice,
            documents::ProactiveConfig,
            groups::GroupSettings,
            groups::GroupBody,
            triggers::TriggerSettings,
            triggers::TriggerBody,
            triggers::TriggerWhen,
            triggers::TriggerFrequency,
            triggers::TriggerCondition,
            triggers::PagePattern,
            triggers::PatternKindName,
            triggers::ComparedText,
            triggers::HowName,
            triggers::CampaignPartName,
            triggers::DeviceName,
            triggers::OpenOrClosed,
            triggers::IdentityName,
            triggers::TriggerAction,
            triggers::TriggerSender,
            triggers::MessageDisplay,
            triggers::TriggerSieve,
            triggers::ArmedTrigger,
            triggers::Awaited,
            triggers::TriggerExplanation,
            triggers::RuleFinding,
            triggers::ConditionFinding,
            triggers::FindingBody,
            triggers::VerdictName,
            triggers::RuleName,
            triggers::ConditionKindName,
            triggers::WhyName,
            scenarios::ScenarioBody,
            scenarios::ScenarioStart,
            scenarios::ScenarioStep,
            scenarios::ScenarioNext,
            scenarios::ScenarioButton,
            scenarios::ScenarioTo,
            scenarios::OfferedButton,
            scenarios::BotMark,
            scenarios::Chosen,
            scenarios::BotAt,
            scenarios::BotState,
            scenarios::ScenarioSaid,
            scenarios::ScenarioOpening,
            scenarios::SeenOpening,
            scenarios::TriedAt,
            scenarios::TriedState,
            scenarios::TriedEvent,
            scenarios::TriedEffect,
            scenarios::TryRequest,
            scenarios::TryAnswer,
            proactive::PageReport,
            proactive::PageHappening,
            proactive::PageEvent,
            proactive::ReportedCart,
            proactive::ReportedLine,
            proactive::TestingTrigger,
            proactive::CutName,
            proactive::PageAnswer,
            proactive::PageAnswered,
            proactive::Proactive,
            proactive::ProactiveAuthor,
            proactive::ProactiveMessage,
            proactive::TriggerTestRequest,
            proactive::TriggerTestAnswer,
            proactive::TriggerNames,
            proactive::TriggerResultsAnswer,
            proactive::TriggerResults,
            proactive::TriggerDay,
            proactive::MoneyAmount,
            proactive::VisitorExplanation,
        )
    };
}

/// All of it, as it should be.
#[must_use]
pub fn everything() -> Vec<Generated> {
    vec![
        Generated { path: "web/protocol/src/generated/index.ts", text: typescript() },
        Generated { path: "web/protocol/src/generated/templates.ts", text: crate::templates::typescript() },
        Generated { path: "docs/protocol/asyncapi.json", text: pretty(&asyncapi()) },
        Generated { path: "docs/protocol/openapi.json", text: pretty(&openapi()) },
    ]
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON") + "\n"
}

fn typescript() -> String {
    let config = Config::new().with_large_int("number");
    let mut text =
        String::from("// Generated from shared/protocol by `cargo xtask generate`. Do not edit.\n");
    macro_rules! declare {
        ($module:ident :: $name:ident) => {
            text.push_str("\nexport ");
            text.push_str(&<$module::$name as TS>::decl(&config));
            text.push('\n');
        };
    }
    with_all_types!(declare);
    text
}

struct Schemas(SchemaGenerator);

impl Schemas {
    fn new() -> Self {
        Self(
            SchemaSettings::draft2020_12()
                .with(|settings| settings.definitions_path = "/components/schemas".into())
                .into_generator(),
        )
    }

    fn reference<T: schemars::JsonSchema>(&mut self) -> Value {
        self.0.subschema_for::<T>().to_value()
    }

    fn definitions(&mut self) -> Value {
        Value::Object(self.0.take_definitions(true).into_iter().collect::<Map<_, _>>())
    }
}

/// One example of each kind of frame, as AsyncAPI names them.
fn frames(fixtures: &str, tag: &str) -> Vec<Value> {
    let frames: Vec<Value> = serde_json::from_str(fixtures).expect("fixtures are JSON");
    let mut examples: Vec<Value> = Vec::new();
    for frame in frames {
        if !examples.iter().any(|known| known["name"] == frame[tag]) {
            examples.push(json!({"name": frame[tag], "payload": frame}));
        }
    }
    examples
}

fn asyncapi() -> Value {
    let mut schemas = Schemas::new();
    let client = schemas.reference::<client::ClientFrame>();
    let server = schemas.reference::<server::ServerFrame>();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mostrador delivery protocol",
            "version": "1",
            "description": "Frames are JSON text. A client asks POST /v1/tickets for a ticket and opens {url}?v=1&ticket={ticket} within 30 s, once, from the same origin. See docs/PROTOCOL.md.",
        },
        "channels": {
            "socket": {
                "address": "/ws",
                "messages": {
                    "client": {"title": "A client's frame, at most 24 KiB", "contentType": "application/json", "payload": client, "examples": frames(CLIENT, "action")},
                    "server": {"title": "A server's frame", "contentType": "application/json", "payload": server, "examples": frames(SERVER, "type")},
                },
            },
        },
        "operations": {
            "command": {"action": "receive", "channel": {"$ref": "#/channels/socket"}, "messages": [{"$ref": "#/channels/socket/messages/client"}]},
            "tell": {"action": "send", "channel": {"$ref": "#/channels/socket"}, "messages": [{"$ref": "#/channels/socket/messages/server"}]},
        },
        "components": {"schemas": schemas.definitions()},
    })
}

struct Route {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    who: &'static str,
    body: Option<Value>,
    status: &'static str,
    answer: Option<Value>,
}

/// An agent's photo, where it is changed and where it is seen: no JSON.
const PHOTO: &str = "/v1/agent/sites/{site}/agents/{agent}/photo";
const PUBLIC_PHOTO: &str = "/v1/sites/{site}/photos/{photo}";

/// What a photo may be, as a `content` of OpenAPI.
fn pictures() -> Value {
    json!({"image/jpeg": {}, "image/png": {}, "image/webp": {}})
}

fn openapi() -> Value {
    let mut schemas = Schemas::new();
    let error = schemas.reference::<http::ErrorAnswer>();
    let s = &mut schemas;
    let routes = vec![
        Route {
            method: "get",
            path: "/v1/sites/{site}/config",
            summary: "What a page of the shop needs to know: public, cacheable for a minute",
            who: "anybody",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::SiteConfig>()),
        },
        Route {
            method: "get",
            path: "/v1/sites/{site}/content",
            summary: "What the panel shows, in the site's language nearest to ?language=: public, cacheable for a minute",
            who: "anybody",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::SiteContent>()),
        },
        Route {
            method: "post",
            path: "/v1/sites/{site}/sessions",
            summary: "A new anonymous shopper; from the site's origins only",
            who: "anybody",
            body: Some(s.reference::<http::NewSession>()),
            status: "201",
            answer: Some(s.reference::<http::SessionAnswer>()),
        },
        Route {
            method: "post",
            path: "/v1/sites/{site}/resume",
            summary: "The button of a mail, followed: shows one conversation; from the site's origins only",
            who: "anybody",
            body: Some(s.reference::<http::ResumeRequest>()),
            status: "201",
            answer: Some(s.reference::<http::ResumeAnswer>()),
        },
        Route {
            method: "post",
            path: "/v1/sites/{site}/faqs/{faq}/opened",
            summary: "A question of the FAQs was opened: counted once for each id",
            who: "anybody",
            body: Some(s.reference::<http::FaqOpened>()),
            status: "204",
            answer: None,
        },
        Route {
            method: "post",
            path: "/v1/sites/{site}/page-views",
            summary: "A page of the shop reports; answered with what to look out for and what to show. A session as bearer is optional; from the site's origins only",
            who: "anybody",
            body: Some(s.reference::<proactive::PageReport>()),
            status: "200",
            answer: Some(s.reference::<proactive::PageAnswer>()),
        },
        Route {
            method: "post",
            path: "/v1/sessions/end",
            summary: "End the session for good, on all tabs: for shared computers",
            who: "shopper",
            body: None,
            status: "204",
            answer: None,
        },
        Route {
            method: "post",
            path: "/v1/tickets",
            summary: "A ticket to connect: good once, for 30 s, from this origin",
            who: "shopper or agent",
            body: Some(s.reference::<http::NewTicket>()),
            status: "201",
            answer: Some(s.reference::<http::TicketAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/conversations/current",
            summary: "The shopper's open conversation",
            who: "shopper",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::CurrentConversation>()),
        },
        Route {
            method: "post",
            path: "/v1/conversations",
            summary: "Begin a conversation, or continue the open one",
            who: "shopper",
            body: Some(s.reference::<http::NewMessage>()),
            status: "200",
            answer: Some(s.reference::<server::Ack>()),
        },
        Route {
            method: "get",
            path: "/v1/conversations/{conversation}/entries",
            summary: "What comes after ?t= (and, for agents, ?b=), as much as fits 30 KB; or the newest page, ?until=head, or the one at and before ?until=120.4",
            who: "shopper or agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::EntriesAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/conversations/{conversation}/{log}/{seq}/attachments/{key}",
            summary: "A link to a file that came with that entry's mail, good for five minutes",
            who: "shopper or agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::FileLink>()),
        },
        Route {
            method: "post",
            path: "/v1/conversations/{conversation}/messages",
            summary: "Say something",
            who: "shopper or agent",
            body: Some(s.reference::<http::NewMessage>()),
            status: "200",
            answer: Some(s.reference::<server::Ack>()),
        },
        Route {
            method: "post",
            path: "/v1/conversations/{conversation}/answers",
            summary: "Answer a question of the form, or skip it: 422 invalid with the form's phrase that says what is wrong",
            who: "shopper",
            body: Some(s.reference::<http::NewAnswer>()),
            status: "200",
            answer: Some(s.reference::<server::Ack>()),
        },
        Route {
            method: "post",
            path: "/v1/conversations/choices",
            summary: "A button of a bot's opening: begins a conversation with it, or continues the open one",
            who: "shopper",
            body: Some(s.reference::<http::NewChoice>()),
            status: "200",
            answer: Some(s.reference::<server::Ack>()),
        },
        Route {
            method: "post",
            path: "/v1/conversations/{conversation}/choices",
            summary: "A button of the bot's",
            who: "shopper",
            body: Some(s.reference::<http::NewChoice>()),
            status: "200",
            answer: Some(s.reference::<server::Ack>()),
        },
        Route {
            method: "post",
            path: "/v1/conversations/{conversation}/restart",
            summary: "Begin the scenario again",
            who: "shopper",
            body: Some(s.reference::<http::NewRestart>()),
            status: "200",
            answer: Some(s.reference::<server::Ack>()),
        },
        Route {
            method: "post",
            path: "/v1/conversations/{conversation}/close",
            summary: "End the conversation, for good",
            who: "shopper or agent",
            body: Some(s.reference::<http::CloseRequest>()),
            status: "200",
            answer: Some(s.reference::<server::Ack>()),
        },
        Route {
            method: "post",
            path: "/v1/conversations/{conversation}/seen",
            summary: "How far this side has received and seen the thread",
            who: "shopper or agent",
            body: Some(s.reference::<http::SeenRequest>()),
            status: "204",
            answer: None,
        },
        Route {
            method: "post",
            path: "/v1/conversations/{conversation}/transcript",
            summary: "Mails the thread to its shopper: to the address that is known, else to the one that is given; once for its id",
            who: "shopper",
            body: Some(s.reference::<http::TranscriptRequest>()),
            status: "202",
            answer: None,
        },
        Route {
            method: "post",
            path: "/v1/agent/conversations/{conversation}/transcript",
            summary: "Mails the thread to its shopper or to the agent who asks; once for its id",
            who: "agent",
            body: Some(s.reference::<http::AgentTranscriptRequest>()),
            status: "202",
            answer: None,
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/notifications",
            summary: "What I am told by mail",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::Notifications>()),
        },
        Route {
            method: "put",
            path: "/v1/agent/sites/{site}/notifications",
            summary: "Chooses what I am told by mail",
            who: "agent",
            body: Some(s.reference::<http::NotificationChoice>()),
            status: "200",
            answer: Some(s.reference::<http::Notifications>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/conversations/{conversation}/{log}/{seq}/original",
            summary: "The mail that an entry came by, as text, and a link to all of it",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::OriginalMail>()),
        },
        Route {
            method: "get",
            path: "/v1/mail/unsubscribe/{secret}",
            summary: "A page that asks whether mails to this address shall end; the link of a mail",
            who: "anybody",
            body: None,
            status: "200",
            answer: None,
        },
        Route {
            method: "post",
            path: "/v1/mail/unsubscribe/{secret}",
            summary: "End mails to this address; what it is posted does not matter (RFC 8058)",
            who: "anybody",
            body: None,
            status: "200",
            answer: None,
        },
        Route {
            method: "get",
            path: "/v1/agent/me",
            summary: "Who I am, and my sites",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::Me>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/agents",
            summary: "The team and its presence",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::AgentsAnswer>()),
        },
        Route {
            method: "put",
            path: "/v1/agent/sites/{site}/agents/{agent}",
            summary: "Another name and title: one's own, or, for admins, anybody's of the site",
            who: "agent",
            body: Some(s.reference::<http::ProfileRequest>()),
            status: "200",
            answer: Some(s.reference::<http::AgentInfo>()),
        },
        Route {
            method: "post",
            path: "/v1/agent/sites/{site}/scenarios/try",
            summary: "A scenario, published or not, followed by one event: nothing is kept. 422 with every problem for one that could not be published",
            who: "admin",
            body: Some(s.reference::<scenarios::TryRequest>()),
            status: "200",
            answer: Some(s.reference::<scenarios::TryAnswer>()),
        },
        Route {
            method: "put",
            path: PHOTO,
            summary: "Another photo: one's own, or, for admins, anybody's of the site; 413, 415 or 422 say what a photo may be",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::AgentInfo>()),
        },
        Route {
            method: "delete",
            path: PHOTO,
            summary: "Take the photo away: it is gone at once, also under its address",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::AgentInfo>()),
        },
        Route {
            method: "get",
            path: PUBLIC_PHOTO,
            summary: "An agent's photo, as the configuration names it: public, unchanging",
            who: "anybody",
            body: None,
            status: "200",
            answer: None,
        },
        Route {
            method: "delete",
            path: "/v1/agent/sites/{site}/agents/{agent}",
            summary: "End a membership; its connections are cut",
            who: "admin",
            body: None,
            status: "204",
            answer: None,
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/conversations",
            summary: "A page of a list (?list=queue|mine|all|closed, ?group=, ?before=, ?limit=1..100), newest activity first",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::ListAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/settings",
            summary: "All sections of the settings as they are published",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::SettingsAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/settings/{section}",
            summary: "A section as it is published",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::PublishedSection>()),
        },
        Route {
            method: "put",
            path: "/v1/agent/sites/{site}/settings/{section}",
            summary: "Publish a section: 409 conflict with what stands, 422 invalid with every field that is wrong",
            who: "admin",
            body: Some(s.reference::<http::PublishRequest>()),
            status: "200",
            answer: Some(s.reference::<http::PublishedSection>()),
        },
        Route {
            method: "post",
            path: "/v1/agent/sites/{site}/settings/hours/preview",
            summary: "What a draft of the office hours comes to at this moment",
            who: "admin",
            body: Some(s.reference::<http::HoursPreviewRequest>()),
            status: "200",
            answer: Some(s.reference::<http::HoursPreview>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/settings/{section}/history",
            summary: "What was published of a section (?before=), newest first",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::HistoryAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/settings/{section}/history/{version}",
            summary: "One version of a section",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::PublishedSection>()),
        },
        Route {
            method: "post",
            path: "/v1/agent/sites/{site}/settings/{section}/history/{version}/restore",
            summary: "Publish an earlier version of a section as a new one",
            who: "admin",
            body: Some(s.reference::<http::RestoreRequest>()),
            status: "200",
            answer: Some(s.reference::<http::PublishedSection>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/triggers",
            summary: "The triggers as they are published",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "put",
            path: "/v1/agent/sites/{site}/triggers",
            summary: "Publish all triggers: 409 conflict with what stands, 422 invalid with every field that is wrong, 413 over what can be kept",
            who: "admin",
            body: Some(s.reference::<http::PublishRequest>()),
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/groups",
            summary: "The groups of agents as they are published",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "put",
            path: "/v1/agent/sites/{site}/groups",
            summary: "Publish all groups: refused as a section is, and when a trigger or a scenario uses one that would be gone",
            who: "admin",
            body: Some(s.reference::<http::PublishRequest>()),
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/scenarios",
            summary: "The scenarios, without their steps",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<documents::ScenariosAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/scenarios/{scenario}",
            summary: "A scenario as it is published",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "put",
            path: "/v1/agent/sites/{site}/scenarios/{scenario}",
            summary: "Publish a scenario; a new one, or one that was taken away, is expected at 0",
            who: "admin",
            body: Some(s.reference::<http::PublishRequest>()),
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "delete",
            path: "/v1/agent/sites/{site}/scenarios/{scenario}",
            summary: "Take a scenario away (?expected=): chats that are in it go on; 422 when a trigger starts it",
            who: "admin",
            body: None,
            status: "204",
            answer: None,
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/triggers/history",
            summary: "What was published of the triggers (?before=), newest first",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::HistoryAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/triggers/history/{version}",
            summary: "One version of the triggers",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "post",
            path: "/v1/agent/sites/{site}/triggers/history/{version}/restore",
            summary: "Publish an earlier version of the triggers as a new one: refused as publishing is",
            who: "admin",
            body: Some(s.reference::<http::RestoreRequest>()),
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/groups/history",
            summary: "What was published of the groups (?before=), newest first",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::HistoryAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/groups/history/{version}",
            summary: "One version of the groups",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "post",
            path: "/v1/agent/sites/{site}/groups/history/{version}/restore",
            summary: "Publish an earlier version of the groups as a new one: refused as publishing is",
            who: "admin",
            body: Some(s.reference::<http::RestoreRequest>()),
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/scenarios/{scenario}/history",
            summary: "What was published of a scenario (?before=), newest first, also of one that was taken away",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::HistoryAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/scenarios/{scenario}/history/{version}",
            summary: "One version of a scenario",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "post",
            path: "/v1/agent/sites/{site}/scenarios/{scenario}/history/{version}/restore",
            summary: "Publish an earlier version of a scenario as a new one: refused as publishing is",
            who: "admin",
            body: Some(s.reference::<http::RestoreRequest>()),
            status: "200",
            answer: Some(s.reference::<documents::PublishedDocument>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/faq-counts",
            summary: "How often each question of the FAQs was opened, and how often a person was needed all the same",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::FaqCountsAnswer>()),
        },
        Route {
            method: "post",
            path: "/v1/agent/sites/{site}/triggers/test",
            summary: "A key by which one browser sees a trigger, also while it is off; nothing is counted",
            who: "admin",
            body: Some(s.reference::<proactive::TriggerTestRequest>()),
            status: "201",
            answer: Some(s.reference::<proactive::TriggerTestAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/triggers/names",
            summary: "What the triggers are called that there are",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<proactive::TriggerNames>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/triggers/results",
            summary: "What came of triggers (?days=1..90): shown, opened, answered, and what followed",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<proactive::TriggerResultsAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/visitors/{visitor}/explanation",
            summary: "Why each trigger did or did not fire at a visitor's last report",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<proactive::VisitorExplanation>()),
        },
        Route {
            method: "post",
            path: "/v1/agent/sites/{site}/settings/email/test",
            summary: "A test mail to whoever asks, from the published settings",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::MailTestAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/settings/email/identity",
            summary: "What SES says of the sender's domain, and the records that it needs",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::MailIdentityAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/identity-keys",
            summary: "The keys by which the shop's server vouches for its shoppers",
            who: "admin",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::IdentityKeysAnswer>()),
        },
        Route {
            method: "post",
            path: "/v1/agent/sites/{site}/identity-keys",
            summary: "A new key: a secret, told once, or the shop's public one",
            who: "admin",
            body: Some(s.reference::<http::NewIdentityKey>()),
            status: "201",
            answer: Some(s.reference::<http::IdentityKeyAnswer>()),
        },
        Route {
            method: "post",
            path: "/v1/agent/sites/{site}/identity-keys/{key}/end",
            summary: "End a key, now or in a while",
            who: "admin",
            body: Some(s.reference::<http::EndIdentityKey>()),
            status: "204",
            answer: None,
        },
        Route {
            method: "get",
            path: "/v1/agent/sites/{site}/visitors/{visitor}",
            summary: "All that is known of somebody who is on the site",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<visitors::VisitorDetail>()),
        },
        Route {
            method: "post",
            path: "/v1/agent/sites/{site}/visitors/{visitor}/invitations",
            summary: "Write to somebody who is on the site: shown at their next sign of life, gone after a minute without one",
            who: "agent",
            body: Some(s.reference::<visitors::NewInvitation>()),
            status: "202",
            answer: Some(s.reference::<visitors::InvitationAnswer>()),
        },
        Route {
            method: "get",
            path: "/v1/agent/conversations/{conversation}",
            summary: "What the panel beside a thread shows",
            who: "agent",
            body: None,
            status: "200",
            answer: Some(s.reference::<http::ConversationDetail>()),
        },
    ];
    let fixtures: Vec<Value> = serde_json::from_str(HTTP).expect("fixtures are JSON");
    let content = |route: &str, side: &str, schema: Value| {
        let fixture = fixtures.iter().find(|fixture| fixture["route"] == route);
        let example = fixture.and_then(|fixture| fixture.get(side));
        let example = example.unwrap_or_else(|| panic!("there is no example of the {side} of {route}"));
        json!({"application/json": {"schema": schema, "example": example}})
    };
    let refused = content("default", "answer", error);
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let name = format!("{} {}", route.method, route.path);
        let mut answers =
            json!({"default": {"description": "Refused; nothing was stored", "content": refused}});
        answers[route.status] = match route.answer {
            Some(schema) => {
                json!({"description": route.summary, "content": content(&name, "answer", schema)})
            }
            None => json!({"description": "Done"}),
        };
        let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<Value> = names
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        let security = match route.who {
            "anybody" => json!([]),
            "shopper" => json!([{"session": []}]),
            "agent" | "admin" => json!([{"agent": []}]),
            _ => json!([{"session": []}, {"agent": []}]),
        };
        let mut operation = json!({"summary": route.summary, "description": format!("For: {}", route.who), "parameters": parameters, "security": security, "responses": answers});
        if let Some(body) = route.body {
            operation["requestBody"] = json!({"content": content(&name, "request", body)});
        }
        paths.entry(route.path).or_insert_with(|| json!({}))[route.method] = operation;
    }
    paths[PHOTO]["put"]["requestBody"] =
        json!({"description": "At most 24 KB, 16 to 512 points a side", "content": pictures()});
    paths[PUBLIC_PHOTO]["get"]["responses"]["200"] =
        json!({"description": "The photo, for ever the same", "content": pictures()});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Mostrador HTTP API", "version": "1", "description": "Errors are {\"error\": {code, message, field?, retry_after_ms?}}. What is not yours is answered as what does not exist."},
        "paths": paths,
        "components": {
            "schemas": schemas.definitions(),
            "securitySchemes": {
                "session": {"type": "http", "scheme": "bearer", "description": "A shopper's session token, ses_…"},
                "agent": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An ID token of the OpenID provider with a verified email"},
            },
        },
    })
}
