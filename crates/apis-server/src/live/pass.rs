//! By what somebody may look: a member's session, or a stream token that a member made.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;

use apis_protocol::UnitId;
use apis_server_api::problem::Code;

use super::store;
use crate::app::App;
use crate::http::{ApiError, Caller, CallerKind};
use crate::ids::{SessionId, TenantId};
use crate::members::permission::Permission;
use crate::session::{self, token};

/// Whoever may look at the unit that the path names. A stream token stands for its maker, for this
/// unit and for looking alone.
#[derive(Debug, Clone)]
pub struct ViewerCaller {
    /// The tenant whose unit it is.
    pub tenant: TenantId,
    pass: Pass,
}

impl ViewerCaller {
    /// What is asked again while the looking goes on.
    pub(super) fn into_pass(self) -> Pass {
        self.pass
    }
}

/// What a request brought.
#[derive(Debug, Clone)]
pub(super) enum Pass {
    /// A session; its access token may end while it is looked on.
    Session(SessionId),
    /// A stream token's hash.
    Token { unit: UnitId, hash: String },
}

impl Pass {
    /// The tenant that this lets look. A session that is over, a membership that ended, a token that
    /// was taken back: `sign_in_needed`; a role that may not look: `forbidden`.
    async fn tenant(&self, app: &App) -> Result<TenantId, ApiError> {
        match self {
            Pass::Session(session) => {
                let member = session::member_of(app, *session).await?;
                let member = member.ok_or_else(|| ApiError::new(Code::SignInNeeded))?;
                if !Permission::Look.is_held_by(member.role) {
                    return Err(ApiError::new(Code::Forbidden));
                }
                Ok(member.tenant)
            }
            Pass::Token { unit, hash } => {
                let mut tx = app.db.global_read().await?;
                let tenant = store::tenant_of(&mut tx, *unit, hash).await?;
                tx.commit().await?;
                tenant.ok_or_else(|| ApiError::new(Code::SignInNeeded))
            }
        }
    }

    /// Whether it still lets look.
    pub async fn is_valid(&self, app: &App) -> bool {
        let Err(error) = self.tenant(app).await else { return true };
        // A database that is away for a moment need not cost anybody the picture.
        let ends = [Code::SignInNeeded.as_str(), Code::Forbidden.as_str()];
        !ends.contains(&error.code())
    }
}

impl FromRequestParts<App> for ViewerCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<ViewerCaller, ApiError> {
        let asked = Query::<Vec<(String, String)>>::from_request_parts(parts, app).await;
        let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
        let given = asked.into_iter().find(|(name, _)| name == "token");
        if let Some((_, given)) = given {
            let Path(unit) = Path::<String>::from_request_parts(parts, app)
                .await
                .map_err(|_| ApiError::new(Code::NotFound))?;
            let unit = unit.parse().map_err(|_| ApiError::new(Code::NotFound))?;
            let pass = Pass::Token { unit, hash: token::hash(&given) };
            let tenant = pass.tenant(app).await?;
            return Ok(ViewerCaller { tenant, pass });
        }
        let member = session::authenticate(app, &parts.headers).await?;
        let pass = Pass::Session(member.session);
        Ok(ViewerCaller { tenant: pass.tenant(app).await?, pass })
    }
}

impl Caller for ViewerCaller {
    const KIND: CallerKind = CallerKind::Member;
    const PERMISSION: Option<Permission> = Some(Permission::Look);
}
