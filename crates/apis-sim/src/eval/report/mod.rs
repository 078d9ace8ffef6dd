//! What an evaluation came to: as text, as JSON, and as a page with strips of what went wrong.

pub mod html;

pub mod json;

mod strip;

pub mod text;
