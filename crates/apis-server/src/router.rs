//! Every route, by door and slice.

use utoipa::openapi::{InfoBuilder, OpenApi};

use crate::http::Routes;
use crate::{audit, hives, members, ops, session, sites};

/// The people's door.
pub fn people() -> Routes {
    Routes::new()
        .merge(ops::routes())
        .merge(session::routes())
        .merge(sites::routes())
        .merge(hives::routes())
        .merge(members::routes())
        .merge(audit::routes())
}

/// The units' door.
pub fn units() -> Routes {
    Routes::new()
}

/// The OpenAPI document of both doors.
pub fn document() -> OpenApi {
    use apis_server_api::problem::Problem;
    use utoipa::PartialSchema as _;

    let all = people().merge(units());
    let mut document = all.document().clone();
    document.info = InfoBuilder::new()
        .title("APIS server")
        .description(Some(
            "The people's door and the units' door. `x-apis-caller` says who may call, \
             `x-apis-permission` which right a member's role needs.",
        ))
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    let components = document.components.get_or_insert_default();
    components.schemas.insert("Problem".to_owned(), Problem::schema());
    document
}
