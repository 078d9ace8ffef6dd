//! Sessions: a browser's sign-in, opaque in its cookies and hashed at rest.
//!
//! A session works in one tenant. It is looked up with its membership on every request, so ending
//! it, or the membership, is felt at once. Its member sees it in a list and can end it.

pub mod token;
pub mod begin;
pub mod sign_in;
pub mod refresh;
pub mod show;
pub mod list;
pub mod sign_out;
pub(crate) mod store;

#[cfg(test)]
mod refresh_tests;
#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::http::HeaderMap;

use apis_server_api::problem::Code;

use crate::app::App;
use crate::clock::UnixMs;
use crate::db::{Db, DbError, Tx};
use crate::http::{ApiError, MemberCaller, Routes};
use crate::ids::{AccountId, SessionId, TenantId};

/// How long the list still tells of a session that was ended because its token was used again.
const REUSED_SHOWN: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The header by which a page says whose it is: `<tenant>/<account>`. Pages of one browser share
/// their cookies, so one of them may have signed in as somebody else meanwhile.
const MEMBER_HEADER: &str = "x-apis-member";

/// Who sends these headers; anybody without a living session is answered `401 sign_in_needed`, and
/// the page of another member `409 other_member`.
pub async fn authenticate(app: &App, headers: &HeaderMap) -> Result<MemberCaller, ApiError> {
    let refused = || ApiError::new(Code::SignInNeeded);
    let token = token::access_of(headers, &app.people.instance_id).ok_or_else(refused)?;
    let token_hash = token::hash(token);
    let mut tx = app.db.global_read().await?;
    let caller = store::caller(&mut tx, &token_hash, app.clock.now()).await?;
    tx.commit().await?;
    let caller = caller.ok_or_else(refused)?;
    let own = format!("{}/{}", caller.tenant, caller.account);
    match headers.get(MEMBER_HEADER) {
        Some(believed) if believed.as_bytes() != own.as_bytes() => {
            Err(ApiError::new(Code::OtherMember))
        }
        Some(_) | None => Ok(caller),
    }
}

/// The member of a session that is not over, for what goes on longer than a request.
pub(crate) async fn member_of(
    app: &App,
    session: SessionId,
) -> Result<Option<MemberCaller>, DbError> {
    let mut tx = app.db.global_read().await?;
    let member = store::member(&mut tx, session, app.clock.now()).await?;
    tx.commit().await?;
    Ok(member)
}

/// Ends every session of an account in a tenant.
pub(crate) async fn end_all(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
) -> Result<(), DbError> {
    store::delete_all(tx, tenant, account).await
}

/// Ends every session of an account, in every tenant.
pub(crate) async fn end_account(tx: &mut Tx, account: AccountId) -> Result<(), DbError> {
    store::delete_of_account(tx, account).await
}

/// Ends every session there is; returns how many.
pub(crate) async fn end_everybodys(tx: &mut Tx) -> Result<u64, DbError> {
    store::delete_everybodys(tx).await
}

/// Forgets sessions that are over.
pub async fn sweep(db: &Db, now: UnixMs) -> Result<u64, DbError> {
    let mut tx = db.global_tx().await?;
    let forgotten = store::delete_over(&mut tx, now, now.minus(REUSED_SHOWN)).await?;
    tx.commit().await?;
    Ok(forgotten)
}

/// The slice's routes.
pub fn routes() -> Routes {
    Routes::new()
        .add(sign_in::__path_sign_in, sign_in::sign_in)
        .add(refresh::__path_refresh, refresh::refresh)
        .add(show::__path_show, show::show)
        .add(sign_out::__path_sign_out, sign_out::sign_out)
        .add(list::__path_list, list::list)
        .add(list::__path_revoke, list::revoke)
}
