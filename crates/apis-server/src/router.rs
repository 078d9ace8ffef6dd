//! Every route, by door and slice.

use utoipa::openapi::{InfoBuilder, OpenApi};

use crate::http::Routes;
use crate::{
    audit, clips, commands, enrolment, heartbeats, hives, members, ops, session, sites, units,
    uploads, visits,
};

/// The people's door.
pub fn people() -> Routes {
    Routes::new()
        .merge(ops::routes())
        .merge(session::routes())
        .merge(sites::routes())
        .merge(hives::routes())
        .merge(members::routes())
        .merge(audit::routes())
        .merge(enrolment::routes())
        .merge(units::routes())
        .merge(commands::routes())
        .merge(visits::routes())
        .merge(clips::routes())
}

/// The units' door.
pub fn units() -> Routes {
    Routes::new()
        .merge(enrolment::unit_routes())
        .merge(heartbeats::routes())
        .merge(commands::unit_routes())
        .merge(visits::unit_routes())
        .merge(uploads::unit_routes())
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
