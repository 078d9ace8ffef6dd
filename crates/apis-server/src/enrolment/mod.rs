//! Enrolment: claims that members make, and the units that bring them.
//!
//! What this slice promises: a claim is used once, within 15 minutes; the same claim with the same
//! key repeats the answer for a day; nobody learns which claims exist.

mod claim;
mod claims;
mod enrol;
mod store;

#[cfg(test)]
mod tests;

pub use claim::{ClaimError, create_claim};

use crate::http::Routes;

/// The slice's routes for the people's door.
pub fn routes() -> Routes {
    Routes::new().add(claims::__path_create, claims::create).add(claims::__path_list, claims::list)
}

/// The slice's routes for the units' door.
pub fn unit_routes() -> Routes {
    Routes::new().add(enrol::__path_enrol, enrol::enrol)
}
