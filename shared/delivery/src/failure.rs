//! Why a command was not carried out, and what the client is told.

use domain::conversation::Refusal;
use domain::fields::FieldError;
use domain::intake;
use domain::ports::StoreError;
use domain::profile::PhotoError;
use domain::settings::FieldId;
use domain::text::TextError;
use domain::{AgentId, ClientId, visitors};
use protocol::ErrorCode;
use protocol::documents::{Current, PublishedDocument};
use protocol::error::ParseError;
use protocol::http::{ErrorAnswer, ErrorBody, PublishedSection};
use protocol::server;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    Parse(ParseError),
    /// Foreign or absent: not told apart.
    NotFound,
    Forbidden,
    Unauthorized,
    Closed,
    Taken {
        owner: Option<AgentId>,
    },
    IdReused,
    /// Somebody else has published meanwhile; what stands.
    Conflict(Box<PublishedSection>),
    /// Likewise of a document; `None`: it is taken away.
    DocumentConflict(Option<Box<PublishedDocument>>),
    Invalid(Vec<FieldError>),
    /// An answer to the form was not taken.
    Form {
        field: FieldId,
        why: intake::Refusal,
    },
    Text(TextError),
    /// What was sent cannot be an agent's photo.
    Photo(PhotoError),
    RateLimited {
        retry_after: Duration,
    },
    HelloFirst,
    /// The shop has switched its chat off.
    SwitchedOff,
    /// Only shoppers for whom the shop vouches may chat; why what it said of this one was not believed.
    SignInRequired {
        refused: Option<domain::identity::Refusal>,
    },
    /// A visitor was not written to.
    Visitor(visitors::Refused),
    /// The store was too busy for all tries.
    Busy,
    /// What is stored is broken, or we are.
    Internal,
}

impl Failure {
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Parse(error) => error.code,
            Self::NotFound => ErrorCode::NotFound,
            Self::Forbidden => ErrorCode::Forbidden,
            Self::Unauthorized => ErrorCode::Unauthorized,
            Self::Closed => ErrorCode::Closed,
            Self::Taken { .. } => ErrorCode::Taken,
            Self::IdReused => ErrorCode::IdReused,
            Self::Conflict(_) | Self::DocumentConflict(_) => ErrorCode::Conflict,
            Self::Invalid(_) => ErrorCode::Invalid,
            Self::Form { why: intake::Refusal::NotAsked, .. } => ErrorCode::NotFound,
            Self::Form { .. } => ErrorCode::Invalid,
            Self::Text(TextError::Empty) => ErrorCode::Empty,
            Self::Text(TextError::TooLong) => ErrorCode::TooLarge,
            Self::Photo(PhotoError::TooLarge) => ErrorCode::TooLarge,
            Self::Photo(PhotoError::Kind) => ErrorCode::UnsupportedMedia,
            Self::Photo(PhotoError::Measures) => ErrorCode::Invalid,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::HelloFirst => ErrorCode::HelloFirst,
            Self::SwitchedOff => ErrorCode::SwitchedOff,
            Self::SignInRequired { .. } => ErrorCode::SignInRequired,
            Self::Visitor(visitors::Refused::Left) => ErrorCode::VisitorLeft,
            Self::Visitor(visitors::Refused::Chatting) => ErrorCode::VisitorChatting,
            Self::Visitor(visitors::Refused::Dismissed) => ErrorCode::VisitorDismissed,
            Self::Visitor(visitors::Refused::Invited { .. }) => ErrorCode::Taken,
            Self::Visitor(visitors::Refused::IdReused) => ErrorCode::IdReused,
            Self::Busy => ErrorCode::Retry,
            Self::Internal => ErrorCode::Internal,
        }
    }

    /// Constant text: nothing of what was sent comes back.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Parse(error) => error.message.clone(),
            Self::NotFound => "there is nothing of that id for you".into(),
            Self::Forbidden => "your role does not allow this".into(),
            Self::Unauthorized => "sign in first".into(),
            Self::Closed => "the conversation is closed; the next message starts a new one".into(),
            Self::Taken { .. } => "a colleague was quicker".into(),
            Self::IdReused => "this id has been used for something else".into(),
            Self::Conflict(_) | Self::DocumentConflict(_) => {
                "somebody else has published meanwhile; nothing was changed".into()
            }
            Self::Invalid(_) => "fields are wrong; nothing was changed".into(),
            Self::Form { why, .. } => why.to_string(),
            Self::Text(error) => error.to_string(),
            Self::Photo(error) => error.to_string(),
            Self::RateLimited { .. } => "too many; wait a moment".into(),
            Self::HelloFirst => "say hello first".into(),
            Self::SwitchedOff => "the shop's chat is switched off".into(),
            Self::SignInRequired { refused: None } => {
                "only shoppers who are signed in at the shop may chat here".into()
            }
            Self::SignInRequired { refused: Some(refusal) } => {
                format!("only shoppers who are signed in at the shop may chat here; {refusal}")
            }
            Self::Visitor(refused) => refused.to_string(),
            Self::Busy => "busy; nothing was stored; send the same again".into(),
            Self::Internal => "our fault; send the same again".into(),
        }
    }

    #[must_use]
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after } => Some(retry_after.as_millis() as u64),
            Self::Busy => Some(1_000),
            _ => None,
        }
    }

    #[must_use]
    pub fn field(&self) -> Option<String> {
        match self {
            Self::Parse(error) => error.field.clone(),
            Self::Text(_) => Some("text".into()),
            Self::Photo(_) => Some("photo".into()),
            Self::Form { field, .. } => Some(field.to_string()),
            _ => None,
        }
    }

    /// The form's phrase that says what is wrong with an answer.
    #[must_use]
    pub fn phrase(&self) -> Option<String> {
        match self {
            Self::Form { why, .. } => Some(why.phrase()?.spec().key.to_owned()),
            _ => None,
        }
    }

    /// As the body that refuses a request over HTTP; its status is the code's.
    #[must_use]
    pub fn answer(&self) -> ErrorAnswer {
        ErrorAnswer {
            error: ErrorBody {
                code: self.code(),
                message: self.message(),
                field: self.field(),
                retry_after_ms: self.retry_after_ms(),
                phrase: self.phrase(),
                problems: match self {
                    Self::Invalid(problems) => problems.iter().map(Into::into).collect(),
                    _ => Vec::new(),
                },
                current: match self {
                    Self::Conflict(current) => Some(Box::new(Current::Section(*current.clone()))),
                    Self::DocumentConflict(current) => {
                        current.as_deref().map(|current| Box::new(Current::Document(current.clone())))
                    }
                    _ => None,
                },
            },
        }
    }

    /// As the error frame that answers the frame `id`.
    #[must_use]
    pub fn frame(&self, id: Option<ClientId>) -> server::Error {
        let owner = match self {
            Self::Taken { owner } => owner.map(|id| id.to_string()),
            _ => None,
        };
        server::Error {
            r#ref: id.map(|id| id.to_string()),
            code: self.code(),
            message: self.message(),
            field: self.field(),
            retry_after_ms: self.retry_after_ms(),
            phrase: self.phrase(),
            owner,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Closed => Self::Closed,
            Refusal::Taken { owner } => Self::Taken { owner },
            Refusal::Forbidden => Self::Forbidden,
            Refusal::NotOffered => Self::NotFound,
            Refusal::Form { field, why } => Self::Form { field, why },
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Busy,
            StoreError::Broken(what) => {
                tracing::error!(what, "a stored item is broken");
                Self::Internal
            }
        }
    }
}

impl From<TextError> for Failure {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self::Parse(error)
    }
}
