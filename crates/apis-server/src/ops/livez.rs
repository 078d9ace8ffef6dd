//! `GET /livez`: the process answers. Touches nothing: a database that is away is no reason to
//! start the process again.

use axum::Json;

use apis_server_api::ops::Health;

use crate::http::Public;

/// Says that the process lives.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "ops_livez",
    tag = "ops",
    responses((status = 200, body = Health)),
)]
pub async fn livez(_: Public) -> Json<Health> {
    Json(health())
}

pub(super) fn health() -> Health {
    Health { status: "ok".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}
