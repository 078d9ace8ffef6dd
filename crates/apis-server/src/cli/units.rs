//! `claim`: what the operator does with units.

use apis_protocol::SiteId;
use clap::Subcommand;
use serde_json::json;

use crate::audit::Actor;
use crate::config::Config;
use crate::door;
use crate::enrolment::{ClaimError, create_claim};
use crate::ids::TenantId;

use super::people::operator;
use super::{Answer, Failure, block_on};

/// What `claim` does.
#[derive(Debug, Subcommand)]
pub(super) enum ClaimCommand {
    /// Make a claim: one use, 15 minutes. The server must have been started once.
    Create {
        /// The tenant whose unit it will be.
        #[arg(long, value_name = "ID")]
        tenant: TenantId,
        /// The site at which it will stand.
        #[arg(long, value_name = "ID")]
        site: Option<SiteId>,
    },
}

pub(super) fn claim(config: &Config, command: ClaimCommand) -> Result<Answer, Failure> {
    let ClaimCommand::Create { tenant, site } = command;
    block_on(async {
        let operator = operator(config).await?;
        let source = door::last_settings(&operator.db)
            .await
            .map_err(|error| Failure::of("database_failed", error))?;
        let source = source.ok_or(ClaimError::NoDoor).map_err(refused)?;
        let (now, whose) = (operator.clock.now(), (tenant, site));
        let made = create_claim(&operator.db, &source, whose, Actor::Operator, now).await;
        let (claim, stored) = made.map_err(refused)?;
        let json = json!({
            "claim_id": stored.id.to_string(),
            "claim": claim.to_string(),
            "expires_at": stored.expires_at.rfc3339(),
        });
        Ok(Answer { text: claim.to_string(), json })
    })?
}

fn refused(error: ClaimError) -> Failure {
    Failure::of("claim_refused", error)
}
