//! Running a script of `interop/`, in an environment that is made once per build folder.

use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What `script` prints, as JSON; fails with what it said when it fails.
pub fn run<A: AsRef<OsStr>>(script: &str, arguments: impl IntoIterator<Item = A>) -> Value {
    let output = Command::new(root().join("interop/run"))
        .arg(script)
        .args(arguments)
        .env("APIS_INTEROP_VENV", Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (said, printed) = (&output.stderr, &output.stdout);
    let said = String::from_utf8_lossy(said);
    assert!(output.status.success(), "{script} failed: {said}");
    serde_json::from_slice(printed).unwrap_or_else(|error| {
        panic!("{script} printed no JSON ({error}): {} {said}", String::from_utf8_lossy(printed))
    })
}
