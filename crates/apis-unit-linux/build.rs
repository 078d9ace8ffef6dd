//! Writes down when the program was built: the unit's clock never starts before that.

use std::time::SystemTime;

fn main() {
    // The one place that may ask: a build is not the program.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let stated = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let seconds = stated.unwrap_or_else(|| now.map_or(0, |now| now.as_secs()));
    println!("cargo::rustc-env=APIS_BUILT_AT_S={seconds}");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo::rerun-if-changed=src");
}
