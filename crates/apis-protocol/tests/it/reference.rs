//! `docs/ref/protocol.md` tells all that a foreign client must know by name.

use crate::vectors::folder;
use apis_protocol::problem::Code;
use apis_protocol::route;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn reference() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ref/protocol.md");
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_reference_lists_every_code_with_its_status() {
    let reference = reference();
    for code in Code::ALL {
        let row = format!("| `{}` | {} | ", code.as_str(), code.status());
        assert!(reference.contains(&row), "no row {row}");
    }
    let rows = reference.lines().filter(|line| {
        line.strip_prefix("| `").is_some_and(|rest| {
            rest.split(" | ").nth(1).is_some_and(|status| status.parse::<u16>().is_ok())
        })
    });
    assert_eq!(rows.count(), Code::ALL.len(), "a row without a code");
}

#[test]
fn the_reference_names_every_route_and_every_field_of_every_message() {
    let reference = reference();
    for route in [
        route::ENROLMENT,
        route::HEARTBEAT,
        route::RECORDS,
        route::UPLOADS,
        route::CHANNEL,
        route::LIVE,
    ] {
        assert!(reference.contains(route), "{route}");
    }
    let words: BTreeSet<&str> =
        reference.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let vector: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            collect(&vector["message"], &mut names);
        }
    }
    assert!(names.len() > 80, "only {} names", names.len());
    let missing: Vec<_> = names.iter().filter(|name| !words.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "not in the reference: {missing:?}");
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    if let Some(list) = value.as_array() {
        list.iter().for_each(|item| collect(item, names));
    }
    for (name, item) in value.as_object().into_iter().flatten() {
        names.insert(name.clone());
        collect(item, names);
    }
}
