//! Hives: colonies' homes at a site.

pub mod model;
pub mod list;
pub mod create;
pub mod rename;
pub(crate) mod store;

#[cfg(test)]
mod tests;

use crate::http::Routes;

/// The slice's routes.
pub fn routes() -> Routes {
    Routes::new()
        .add(list::__path_list, list::list)
        .add(create::__path_create, create::create)
        .add(rename::__path_rename, rename::rename)
}
