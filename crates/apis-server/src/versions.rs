//! Which version of a record each of its fields was last changed in, as merges will need it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Field name → the record's version when it last changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldVersions(BTreeMap<String, i64>);

/// The stored text is not an object of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("field versions are not an object of numbers")]
pub struct NotFieldVersions;

impl FieldVersions {
    /// Of a new record: every field in version 1.
    pub fn first(fields: &[&str]) -> FieldVersions {
        FieldVersions(fields.iter().map(|field| ((*field).to_owned(), 1)).collect())
    }

    /// Reads the column.
    pub fn of_text(text: &str) -> Result<FieldVersions, NotFieldVersions> {
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
            return Err(NotFieldVersions);
        };
        fields
            .into_iter()
            .map(|(field, version)| Some((field, version.as_i64()?)))
            .collect::<Option<_>>()
            .map(FieldVersions)
            .ok_or(NotFieldVersions)
    }

    /// The column's text.
    pub fn text(&self) -> String {
        json!(self.0).to_string()
    }

    /// The same after `field` changed in `version`.
    pub fn after_change(mut self, field: &str, version: i64) -> FieldVersions {
        self.0.insert(field.to_owned(), version);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_field_takes_the_records_version() {
        let first = FieldVersions::first(&["name", "time_zone"]);
        let later = FieldVersions::of_text(&first.text()).unwrap().after_change("name", 4);
        assert_eq!(later.text(), r#"{"name":4,"time_zone":1}"#);
        for wrong in ["", "[]", r#"{"name":"4"}"#] {
            assert_eq!(FieldVersions::of_text(wrong), Err(NotFieldVersions), "{wrong}");
        }
    }
}
