//! Labels: what people say a visit was, in rows of their own beside the verdict.

mod add;
mod store;

pub(super) use add::{__path_label, label};
pub(super) use store::{Label, of_visit};
