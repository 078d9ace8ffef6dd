//! What a refused request is told: an RFC 9457 body with a stable code.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of every answer of status 400 and above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:apis:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code in words; the same for every occurrence.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// The stable code; what a program branches on.
    pub code: String,
    /// What is special about this occurrence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// With `tenant_needed`: the tenants to choose from, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<TenantChoice>,
}

/// A tenant that an account may work in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantChoice {
    /// The tenant.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its name.
    pub name: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $status:literal, $title:literal;)*) => {
        /// Every stable code of the people's door: one spelling, one status, one title.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// All codes, in the order of the reference.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// Its spelling in bodies, metrics and logs.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Code::$variant => $text,)*
                }
            }

            /// The HTTP status it is answered with.
            pub const fn status(self) -> u16 {
                match self {
                    $(Code::$variant => $status,)*
                }
            }

            /// The code in words.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Code::$variant => $title,)*
                }
            }
        }
    };
}

codes! {
    /// Not JSON, another shape, or a value out of its bounds.
    Malformed = "malformed", 400, "the request is malformed";
    /// A text holds U+0000, which not every database can store.
    InvalidText = "invalid_text", 400, "a text holds a character that cannot be stored";
    /// A value is well formed and still not allowed; the detail names it.
    InvalidValue = "invalid_value", 422, "a value is not allowed";
    /// The address and the password do not belong together; it is not said which is wrong.
    SignInRefused = "sign_in_refused", 401, "the sign-in was refused";
    /// No session, or one that is over.
    SignInNeeded = "sign_in_needed", 401, "sign in first";
    /// An old token of the session was used again, which ended it: somebody may have copied it.
    SessionReused = "session_reused", 401, "the session was ended: an old token of it was used again";
    /// The browser is signed in as another member, or in another tenant, than the page believes.
    OtherMember = "other_member", 409, "another member is signed in";
    /// The set-up link is not this server's.
    SetUpRefused = "set_up_refused", 403, "the set-up link is not this server's";
    /// The server has its first account already.
    SetUpOver = "set_up_over", 409, "the server is set up already";
    /// The account is a member of several tenants: name one.
    TenantNeeded = "tenant_needed", 409, "choose one of your tenants";
    /// The member's role does not allow it.
    Forbidden = "forbidden", 403, "your role does not allow this";
    /// The request does not come from the server's own page.
    ForeignOrigin = "foreign_origin", 403, "the request comes from another origin";
    /// No such thing, or one of another tenant.
    NotFound = "not_found", 404, "not found";
    /// The route knows no such method.
    MethodNotAllowed = "method_not_allowed", 405, "the method is not allowed here";
    /// The client-made id names something else already.
    IdTaken = "id_taken", 409, "the id names something else";
    /// The clip was stored, and its bytes are gone from the server's folder.
    ClipLost = "clip_lost", 410, "the clip's bytes are gone from the server";
    /// The change would break a rule about several things; the detail names it.
    Conflict = "conflict", 409, "the change conflicts with what is stored";
    /// The record has changed since the version named by `If-Match`.
    VersionMismatch = "version_mismatch", 412, "the record has changed meanwhile";
    /// The change needs `If-Match` with the version that it was made on.
    VersionNeeded = "version_needed", 428, "name the version with If-Match";
    /// The bytes that were asked for are not in the whole.
    RangeUnsatisfiable = "range_unsatisfiable", 416, "the whole has no such bytes";
    /// The body is longer than the route reads.
    BodyTooLarge = "body_too_large", 413, "the body is too large";
    /// The body's media type is not the route's.
    MediaTypeUnsupported = "media_type_unsupported", 415, "the media type is not supported";
    /// Too many requests; `Retry-After` says when.
    RateLimited = "rate_limited", 429, "too many requests";
    /// The server failed; nothing was stored.
    Internal = "internal", 500, "the server failed";
    /// The server cannot now; `Retry-After` says when.
    Overloaded = "overloaded", 503, "the server cannot take this now";
    /// The unit was asked for live video and sends none.
    UnitSilent = "unit_silent", 504, "the unit does not answer";
    /// Something that the server stands on is missing; the detail names it.
    NotReady = "not_ready", 503, "the server is not ready";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_spelled_once() {
        for (place, code) in Code::ALL.iter().enumerate() {
            assert!((400..600).contains(&code.status()), "{code:?}");
            assert!(Code::ALL[place + 1..].iter().all(|other| other.as_str() != code.as_str()));
        }
    }
}
