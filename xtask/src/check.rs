//! `check`: everything about the code that is not a test of what it does.

use crate::{tidy, tools, web};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tools::{cargo, step};

/// The crates of the brain: they must build where there is no `std`.
pub const BARE_CRATES: [&str; 7] = [
    "apis-units",
    "apis-vision",
    "apis-aim",
    "apis-safety",
    "apis-protocol",
    "apis-unit",
    "apis-bench",
];

/// The ESP32-C6's class; on the host `#![no_std]` does not catch a dependency that needs `std`.
const BARE_TARGET: &str = "riscv32imac-unknown-none-elf";

/// The version of `cargo deny` that reads our `deny.toml`.
const CARGO_DENY_VERSION: &str = "0.20.2";

/// Runs every check, the cheap ones first.
pub fn run() -> Result<()> {
    tools::ensure_packages(&[tools::CXX])?;
    // The server is built from it.
    web::build()?;
    step("format", || {
        tools::run(cargo().args(["fmt", "--all", "--check"]))?;
        tools::run(cargo().args(["fmt", "--check", &manifest_of_boards()]))
    })?;
    step("tidy", tidy::run)?;
    step("clippy", || {
        run_cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
        clippy_boards()
    })?;
    step("web app", web::check)?;
    step("bare-metal build of the brain", bare_build)?;
    step("documentation", || {
        // The house reads its own private items, so a link to one is no fault.
        let flags = "-D warnings -A rustdoc::private_intra_doc_links";
        tools::run(cargo().env("RUSTDOCFLAGS", flags).args([
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
            "--quiet",
        ]))
    })?;
    step("licences and sources", deny)
}

/// What is built for boards lies outside the workspace.
fn manifest_of_boards() -> String {
    format!("--manifest-path={}", tools::root().join("firmware/bench/Cargo.toml").display())
}

/// Clippy over what is built for boards, each kind of which has files of its own.
fn clippy_boards() -> Result<()> {
    ensure_library_sources()?;
    let xtensa = tools::root().join("firmware/bench/xtensa-lx6-none-elf.json");
    for target in [None, Some(PathBuf::from(BARE_TARGET)), Some(xtensa)] {
        let mut command = cargo();
        // In release, as it is built: a debug build of the library fails for Xtensa.
        command.args(["clippy", "--release", "--locked", "--quiet", &manifest_of_boards()]);
        command.arg("--target-dir");
        command.arg(tools::target_folder()?.join("boards"));
        if let Some(target) = target {
            command.env("RUSTC_BOOTSTRAP", "1").args(["-Zbuild-std=core,alloc"]);
            command.arg("-Zjson-target-spec").arg("--target").arg(target);
        }
        tools::run(command.args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

fn run_cargo(arguments: &[&str]) -> Result<()> {
    tools::run(cargo().args(arguments))
}

/// Writes, or compares, the OpenAPI document that the server makes of its handlers.
pub fn openapi(compare: bool) -> Result<()> {
    let made =
        tools::output(cargo().args(["run", "--quiet", "-p", "apis-server", "--", "openapi"]))?;
    let path = tools::root().join("openapi/apis-server.json");
    if !compare {
        std::fs::write(&path, made).with_context(|| format!("write {}", path.display()))?;
        return Ok(());
    }
    let kept =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    if kept != made {
        bail!("openapi/apis-server.json is not what the handlers say: run `cargo xtask openapi`");
    }
    Ok(())
}

fn deny() -> Result<()> {
    let is_present = Command::new("cargo")
        .args(["deny", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !is_present {
        // The advisory database is fetched from elsewhere, so `advisories` stays out of this
        // command; a debug build is enough and takes a third of the time.
        step("install cargo-deny (once, some minutes)", || {
            run_cargo(&[
                "install",
                "cargo-deny",
                "--locked",
                "--debug",
                "--version",
                CARGO_DENY_VERSION,
            ])
        })?;
    }
    run_cargo(&["deny", "--log-level", "error", "check", "bans", "licenses", "sources"])
}

/// Builds the brain for a board without an operating system.
fn bare_build() -> Result<()> {
    ensure_library_sources()?;
    let mut command = cargo();
    // Building `core` from source is unstable; the variable opens it on the pinned compiler.
    command.env("RUSTC_BOOTSTRAP", "1").args(["build", "--quiet", "-Zbuild-std=core,alloc"]);
    command
        .args(["--target", BARE_TARGET, "--target-dir"])
        .arg(tools::target_folder()?.join("bare"));
    for name in BARE_CRATES {
        command.args(["-p", name]);
    }
    tools::run(&mut command)
}

/// Puts the sources of `core` and `alloc` where cargo looks for them.
pub fn ensure_library_sources() -> Result<()> {
    let sysroot = tools::output(
        Command::new("rustc").current_dir(tools::root()).args(["--print", "sysroot"]),
    )?;
    let folder = PathBuf::from(sysroot.trim()).join("lib/rustlib/src/rust");
    let is_present = || folder.join("library/core/src/lib.rs").is_file();
    if is_present() {
        return Ok(());
    }
    let added = Command::new("rustup")
        .current_dir(tools::root())
        .args(["component", "add", "rust-src"])
        .status()
        .is_ok_and(|status| status.success());
    if added && is_present() {
        return Ok(());
    }
    library_sources_from_archive(&folder)?;
    if !is_present() {
        bail!("no sources of the standard library: please run `rustup component add rust-src`");
    }
    Ok(())
}

/// Unpacks `APIS_RUST_SRC`, an archive of `library/`, for machines that cannot reach Rust's own
/// server.
fn library_sources_from_archive(folder: &std::path::Path) -> Result<()> {
    let Some(archive) = std::env::var_os("APIS_RUST_SRC") else {
        bail!(
            "`rustup component add rust-src` failed; where Rust's server cannot be reached, \
             APIS_RUST_SRC may name an archive of the library's sources"
        );
    };
    std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    tools::run(Command::new("tar").arg("xJf").arg(archive).arg("-C").arg(folder))
}
