//! Sites: the places of hives. A site's coordinates never enter a log.

pub mod model;
pub mod list;
pub mod create;
pub mod change;
pub(crate) mod store;

#[cfg(test)]
mod tests;

use crate::http::Routes;

/// The slice's routes.
pub fn routes() -> Routes {
    Routes::new()
        .add(list::__path_list, list::list)
        .add(create::__path_create, create::create)
        .add(change::__path_change, change::change)
}
