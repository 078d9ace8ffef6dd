//! Every route, by door and slice.

use utoipa::openapi::{InfoBuilder, OpenApi};

use crate::http::Routes;
use crate::{
    audit, clips, commands, enrolment, heartbeats, hives, live, members, ops, session, set_up,
    sites, sync, units, uploads, visits,
};

/// The people's door.
pub fn people() -> Routes {
    Routes::new()
        .merge(ops::routes())
        .merge(set_up::routes())
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
        .merge(live::routes())
        .merge(sync::routes())
}

/// The units' door.
pub fn units() -> Routes {
    Routes::new()
        .merge(enrolment::unit_routes())
        .merge(heartbeats::routes())
        .merge(commands::unit_routes())
        .merge(visits::unit_routes())
        .merge(uploads::unit_routes())
        .merge(live::unit_routes())
}

/// The OpenAPI document of both doors.
pub fn document() -> OpenApi {
    use apis_server_api::problem::{Problem, TenantChoice};
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
    components.schemas.insert("TenantChoice".to_owned(), TenantChoice::schema());
    document
}

/// The document as text, always the same: its keys are sorted, which the library's are not.
///
/// Errors: none in practice; the document is plain JSON.
pub fn document_text() -> serde_json::Result<String> {
    let sorted = serde_json::to_value(document())?;
    Ok(format!("{sorted:#}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_checked_in;

    #[test]
    fn the_document_of_the_handlers_is_checked_in() {
        let made = document_text().expect("the document is plain JSON");
        assert_checked_in("openapi/apis-server.json", &made);
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        let made = serde_json::to_value(document()).expect("the document is plain JSON");
        let text = made.to_string();
        for reference in text.split("\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().expect("a reference ends");
            assert!(made["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }
}
