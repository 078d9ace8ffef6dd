//! Live video at the page: what goes over the WebSocket `/api/v1/units/{id}/live` beside frames.
//!
//! Each frame is one binary message, 24 bytes of header and a JPEG, as the unit sent it; the unit's
//! own words (`clock`, `frame_facts`, `guard_state`) are passed on as they are. `docs/ref/live.md`
//! has all of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a viewer says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromViewer {
    /// A frame was taken, and every one before it: no more than two are on their way.
    Acknowledgement {
        /// The frame's number.
        sequence: u64,
        /// The viewer's clock now, in microseconds: the first timestamp of four.
        sent_us: i64,
    },
}

/// What the server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToViewer {
    /// Whether the unit sends: at the start, on change, and every 5 s as a sign of life.
    Stream {
        /// It does.
        is_sending: bool,
    },
    /// Frames that this viewer was not sent, since it began to look: on change.
    Skipped {
        /// How many.
        count: u64,
    },
    /// The answer to an acknowledgement, for the page to know how far its clock is off.
    ServerClock {
        /// The viewer's timestamp, repeated.
        sent_us: i64,
        /// When it came, in microseconds since 1970 UTC.
        received_us: i64,
        /// When this was written, in microseconds since 1970 UTC.
        answered_us: i64,
    },
}

/// Makes a stream token: by it a program that cannot sign in sees one unit's pictures.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewStreamToken {
    /// What its maker calls it: 1 to 80 characters.
    pub name: String,
}

/// A stream token that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewStreamTokenAnswer {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// The token. Shown only now.
    pub token: String,
    /// Where a program reads pictures with it, under the server's origin. `live.jpg` takes it too.
    pub path: String,
}

/// A stream token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamToken {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// What its maker calls it.
    pub name: String,
    /// The name of the account that made it.
    pub account_name: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A unit's stream tokens, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamTokens {
    /// The tokens.
    pub items: Vec<StreamToken>,
}
