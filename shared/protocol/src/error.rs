//! What a refused request is told. Messages are constant or name a field; they never carry what was sent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, not an object, a field missing or of the wrong kind.
    BadFrame,
    UnknownAction,
    UnknownField,
    /// The frame, the text or the list is over its limit.
    TooLarge,
    /// A text without a visible character.
    Empty,
    /// Does not exist, or is not yours: the two are not told apart.
    NotFound,
    /// Your role does not allow it.
    Forbidden,
    /// No or no longer a valid session, ticket or token.
    Unauthorized,
    /// The conversation is closed for good; the next message starts a new one.
    Closed,
    /// A colleague was quicker.
    Taken,
    /// This id has been used for something else.
    IdReused,
    /// Somebody else has changed it since you read it; `current` is what stands.
    Conflict,
    /// Fields are wrong: `problems` names each of them.
    Invalid,
    /// By its first bytes it is none of the kinds of file that are taken here.
    UnsupportedMedia,
    RateLimited,
    /// `hello` comes first.
    HelloFirst,
    /// The shop has switched its chat off.
    SwitchedOff,
    /// Only shoppers for whom the shop vouches may chat: sign in there first.
    SignInRequired,
    /// There is nobody to write to any more; nothing was kept.
    VisitorLeft,
    /// They are chatting already: write there.
    VisitorChatting,
    /// They have put away what the shop said first, and are left in peace.
    VisitorDismissed,
    /// Too busy; nothing was stored. Send the same again, with the same id.
    Retry,
    /// Our fault. Send the same again, with the same id.
    Internal,
}

impl ErrorCode {
    /// The status that it is answered with over HTTP.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::BadFrame | Self::UnknownAction | Self::UnknownField | Self::Empty | Self::HelloFirst => 400,
            Self::Unauthorized => 401,
            Self::Forbidden | Self::SwitchedOff | Self::SignInRequired => 403,
            Self::NotFound => 404,
            Self::Closed
            | Self::Taken
            | Self::IdReused
            | Self::Conflict
            | Self::VisitorChatting
            | Self::VisitorDismissed => 409,
            Self::VisitorLeft => 410,
            Self::Invalid => 422,
            Self::TooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Retry => 503,
        }
    }
}

/// Why a frame or body was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    pub code: ErrorCode,
    pub message: String,
    /// The id of the frame, if at least that could be read.
    pub frame: Option<domain::ClientId>,
    pub field: Option<String>,
}
