//! `web`: the web app is built, checked and tried in a browser.

use crate::tools::{CHROMIUM, ensure_packages, has_program, root, run, step};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// What the built app is made of, in the checkout.
const SOURCES: [&str; 9] = [
    "web/src",
    "web/public",
    "web/messages",
    "web/scripts",
    "web/project.inlang/settings.json",
    "web/index.html",
    "web/vite.config.ts",
    "web/package-lock.json",
    "openapi/apis-server.json",
];

/// What is made on the way and lies among the sources.
const MADE: [&str; 2] = ["web/src/i18n/compiled", "web/src/api/schema.d.ts"];

fn folder() -> PathBuf {
    root().join("web")
}

/// An `npm` that works in the app's folder.
fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(folder()).args(arguments);
    command
}

/// Builds the app, unless what it is made of is older than what was built.
///
/// The server keeps the app in its program, so this comes before every build of it.
pub fn build() -> Result<()> {
    let built = folder().join("dist/index.html");
    if newest(&SOURCES)? <= modified(&built) {
        return Ok(());
    }
    install()?;
    step("build the web app", || run(&mut npm(&["run", "--silent", "build"])))
}

/// Types, lints, messages and the tests of what needs no browser.
pub fn check() -> Result<()> {
    install()?;
    run(&mut npm(&["run", "--silent", "check"]))
}

/// Opens the pages of a running server in a browser, as its owner, by the script `script`; fails
/// when that does.
pub fn visit(script: &str, origin: &str, email: &str, password: &str) -> Result<()> {
    ensure_packages(&[CHROMIUM])?;
    install()?;
    run(Command::new("node")
        .current_dir(folder())
        .arg(script)
        .args([origin, email])
        .env("APIS_PASSWORD", password))
}

/// Installs what `package-lock.json` names, once.
pub fn install() -> Result<()> {
    let stamp = folder().join("node_modules/.package-lock.json");
    if newest(&["web/package-lock.json"])? <= modified(&stamp) {
        return Ok(());
    }
    if !has_program("npm") {
        bail!("missing for the web app: Node.js 20.19 or newer with npm (https://nodejs.org)");
    }
    step("install the web app's packages", || {
        run(&mut npm(&["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
    })
}

fn newest(paths: &[&str]) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for path in paths {
        let path = root().join(path);
        look(&path, &mut newest).with_context(|| format!("look at {}", path.display()))?;
    }
    Ok(newest)
}

fn look(path: &Path, newest: &mut SystemTime) -> Result<()> {
    if MADE.iter().any(|made| path.ends_with(made)) {
        return Ok(());
    }
    *newest = (*newest).max(std::fs::metadata(path)?.modified()?);
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            look(&entry?.path(), newest)?;
        }
    }
    Ok(())
}

/// When a file was written; long ago when there is none.
fn modified(path: &Path) -> SystemTime {
    std::fs::metadata(path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}
