//! What the operator's tools ask: does the server live, does it stand on everything it needs.

pub mod livez;
pub mod readyz;
pub mod metrics;
pub mod logs;

use crate::http::Routes;

/// The slice's routes.
pub fn routes() -> Routes {
    Routes::new().add(livez::__path_livez, livez::livez).add(readyz::__path_readyz, readyz::readyz)
}
