//! Requests and replies between the server and its web app; source of the OpenAPI document.
//!
//! Plain shapes only: ids are lower-case UUID text, instants RFC 3339 in UTC with milliseconds.
//! What is right and what is wrong is decided by the server's slices.

pub mod problem;
pub mod page;
pub mod session;
pub mod members;
pub mod sites;
pub mod hives;
pub mod live;
pub mod audit;
pub mod ops;
pub mod changes;
pub mod claims;
pub mod units;
pub mod commands;
pub mod visits;
