//! Visits and the other facts of units: each record stored once, whatever is re-sent.
//!
//! What this slice promises: the same record repeats its answer; another record in its place is a
//! conflict; `visit_opened` and `visit_closed` may come in either order and make one visit.

mod bin;
mod export;
mod ingest;
mod labels;
mod list;
mod model;
mod store;

#[cfg(test)]
mod bin_tests;
#[cfg(test)]
mod tests;

pub(crate) use bin::empty as empty_bin;
pub(crate) use list::changed;
pub(crate) use store::clip_changed;

use crate::http::Routes;

/// The slice's routes for the people's door.
pub fn routes() -> Routes {
    Routes::new()
        .add(list::__path_list, list::list)
        .add(list::__path_show, list::show)
        .add(labels::__path_label, labels::label)
        .add(labels::__path_take_back, labels::take_back)
        .add(bin::__path_list, bin::list)
        .add(bin::__path_delete, bin::delete)
        .add(bin::__path_restore, bin::restore)
        .add(export::__path_csv, export::csv)
        .add(export::__path_json, export::json)
}

/// The slice's routes for the units' door.
pub fn unit_routes() -> Routes {
    Routes::new().add(ingest::__path_ingest, ingest::ingest)
}
