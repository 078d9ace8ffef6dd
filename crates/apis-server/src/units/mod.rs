//! Units: the cameras that a tenant enrolled, and how each is.
//!
//! A unit's row tells what people know of it; its key, and whether the door lets it in, stand in
//! the key directory. Releasing changes both in one transaction and holds at once.

mod change;
mod list;
mod liveness;
mod release;
mod store;

pub(crate) use store::{NewUnit, Unit, add, changed, find, is_let_in, names};

use crate::http::Routes;

/// The slice's routes.
pub fn routes() -> Routes {
    Routes::new()
        .add(list::__path_list, list::list)
        .add(list::__path_show, list::show)
        .add(change::__path_change, change::change)
        .add(release::__path_release, release::release)
}
