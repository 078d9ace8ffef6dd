//! Claims: what a member hands to a unit.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Makes a claim.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct NewClaim {
    /// The site its unit will be at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub site_id: Option<String>,
}

/// A claim that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewClaimAnswer {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// The text, the same for a QR code. Shown only now.
    pub claim: String,
    /// Until when it can be used.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// A claim, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claim {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// The site its unit will be at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub site_id: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Until when it can be used.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub used_at: Option<String>,
    /// The unit that it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub unit_id: Option<String>,
}

/// One page of claims, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClaimPage {
    /// The page's claims.
    pub items: Vec<Claim>,
    /// Give it as `cursor` for the next page; missing on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
