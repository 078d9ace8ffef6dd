//! Which crate may use which: the arrows of ARCHITECTURE.md, held against `cargo metadata`.

use super::Broken;
use crate::tools::{self, cargo};
use anyhow::{Context, Result};
use serde_json::Value;

/// What a crate may use.
enum May {
    /// These and nothing else.
    Only(&'static [&'static str]),
    /// These of our own, and any library.
    Ours(&'static [&'static str]),
}

/// The edges. A crate that is not listed here may not exist.
const EDGES: [(&str, May); 13] = [
    ("apis-units", May::Only(&[])),
    ("apis-safety", May::Only(&["apis-units"])),
    ("apis-vision", May::Only(&["apis-units"])),
    ("apis-aim", May::Only(&["apis-units"])),
    ("apis-bench", May::Only(&["apis-units", "apis-vision"])),
    (
        "apis-protocol",
        May::Only(&[
            "apis-units",
            "serde",
            "serde_json",
            "ed25519-dalek",
            "sha2",
            "hmac",
            "base64",
        ]),
    ),
    (
        "apis-unit",
        May::Only(&[
            "apis-units",
            "apis-vision",
            "apis-aim",
            "apis-safety",
            "apis-protocol",
            "serde_json",
            "sha2",
        ]),
    ),
    (
        "apis-unit-linux",
        May::Ours(&[
            "apis-unit",
            "apis-units",
            "apis-protocol",
            "apis-safety",
            "apis-vision",
            "apis-aim",
            "apis-bench",
        ]),
    ),
    ("apis-server-api", May::Ours(&["apis-units"])),
    ("apis-server", May::Ours(&["apis-protocol", "apis-server-api", "apis-units"])),
    (
        "apis-sim",
        May::Ours(&[
            "apis-units",
            "apis-vision",
            "apis-aim",
            "apis-safety",
            "apis-unit",
            "apis-protocol",
            "apis-testkit",
        ]),
    ),
    ("apis-testkit", May::Ours(&["apis-protocol", "apis-units"])),
    ("xtask", May::Ours(&[])),
];

/// Crates that only tests may use.
const NEVER_SHIPPED: [&str; 2] = ["apis-sim", "apis-testkit"];

/// Finds dependencies that the table does not allow.
pub fn check() -> Result<Vec<Broken>> {
    let text = tools::output(cargo().args(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&text).context("read cargo metadata")?;
    let packages = metadata["packages"].as_array().context("cargo lists no packages")?;
    Ok(packages.iter().flat_map(check_package).collect())
}

pub(super) fn check_package(package: &Value) -> Vec<Broken> {
    let name = package["name"].as_str().unwrap_or_default();
    let broken = |why: String| Broken { place: format!("crates/{name}/Cargo.toml"), why };
    let Some((_, may)) = EDGES.iter().find(|(listed, _)| *listed == name) else {
        return vec![broken("the crate is missing in the table of edges".to_owned())];
    };
    let mut found = Vec::new();
    for dependency in package["dependencies"].as_array().into_iter().flatten() {
        let used = dependency["name"].as_str().unwrap_or_default();
        // What a test uses does not ship; only `normal` and `build` dependencies count.
        if dependency["kind"] == "dev" {
            continue;
        }
        let is_allowed = match may {
            May::Only(list) => list.contains(&used),
            May::Ours(list) => list.contains(&used) || !used.starts_with("apis-"),
        };
        let ships_test_code = NEVER_SHIPPED.contains(&used) && !NEVER_SHIPPED.contains(&name);
        if !is_allowed || ships_test_code {
            found.push(broken(format!("{name} may not use {used}")));
        }
    }
    if package["features"].as_object().is_some_and(|features| !features.is_empty()) {
        found.push(broken(
            "a feature may only add a backend or a derive: list it here first".to_owned(),
        ));
    }
    found
}
