//! Sessions: a browser's sign-in, opaque in its cookie and hashed at rest.
//!
//! A session works in one tenant. It is looked up with its membership on every request, so ending
//! it, or the membership, is felt at once.

pub mod token;
pub mod sign_in;
pub mod show;
pub mod sign_out;
pub(crate) mod store;

#[cfg(test)]
mod tests;

use axum::http::HeaderMap;

use apis_server_api::problem::Code;

use crate::app::App;
use crate::clock::UnixMs;
use crate::db::{Db, DbError, Tx};
use crate::http::{ApiError, MemberCaller, Routes};
use crate::ids::{AccountId, TenantId};

/// Who sends these headers; anybody without a living session is answered `401 sign_in_needed`.
pub async fn authenticate(app: &App, headers: &HeaderMap) -> Result<MemberCaller, ApiError> {
    let refused = || ApiError::new(Code::SignInNeeded);
    let token = token::token_of(headers, &app.people.instance_id).ok_or_else(refused)?;
    let token_hash = token::hash(token);
    let mut tx = app.db.global_read().await?;
    let caller = store::caller(&mut tx, &token_hash, app.clock.now()).await?;
    tx.commit().await?;
    caller.ok_or_else(refused)
}

/// Ends every session of an account in a tenant.
pub(crate) async fn end_all(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
) -> Result<(), DbError> {
    store::delete_all(tx, tenant, account).await
}

/// Forgets sessions that are over.
pub async fn sweep(db: &Db, now: UnixMs) -> Result<u64, DbError> {
    let mut tx = db.global_tx().await?;
    let forgotten = store::delete_over(&mut tx, now).await?;
    tx.commit().await?;
    Ok(forgotten)
}

/// The slice's routes.
pub fn routes() -> Routes {
    Routes::new()
        .add(sign_in::__path_sign_in, sign_in::sign_in)
        .add(show::__path_show, show::show)
        .add(sign_out::__path_sign_out, sign_out::sign_out)
}
