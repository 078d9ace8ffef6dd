//! Labels: what people say a visit was, in rows of their own beside the verdict.

mod add;
mod store;
mod take_back;

pub(super) use add::{__path_label, label};
pub(super) use store::{Label, of_visit};
pub(super) use take_back::{__path_take_back, take_back};
