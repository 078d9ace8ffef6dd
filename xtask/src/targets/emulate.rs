//! Builds the eyes for a core, runs them there on the bench's frames, and reads what they say and
//! what the emulator counted.

use super::boards::{Cache, Core};
use crate::check;
use crate::tools::{self, Package, cargo, has_program};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest that one run may take, in seconds: a program that hangs is a failure.
const RUN_SECONDS_MAX: &str = "300";

/// Version of QEMU whose plugin interface the counting plugin was written for: Debian 12's.
const QEMU_VERSION: &str = "version 7.";

/// Emulators of whole boards.
const QEMU_SYSTEM: Package = Package {
    name: "qemu-system-misc",
    reason: "running the eyes as on a board",
    is_present: || has_program("qemu-system-riscv32") && has_program("qemu-system-xtensa"),
};

/// Emulators of Linux processes.
const QEMU_USER: Package = Package {
    name: "qemu-user",
    reason: "counting the instructions of a process",
    is_present: || has_program("qemu-aarch64") && has_program("qemu-x86_64"),
};

/// A C compiler for the plugin that counts.
const CC: Package = Package {
    name: "gcc",
    reason: "building the plugin that counts",
    is_present: || has_program("cc") || has_program("gcc"),
};

/// The linker for 64-bit ARM.
const ARM64_LINKER: Package = Package {
    name: "gcc-aarch64-linux-gnu",
    reason: "linking for a Pi",
    is_present: || has_program("aarch64-linux-gnu-gcc"),
};

/// The C library for 64-bit ARM.
const ARM64_LIBRARY: Package = Package {
    name: "libc6-dev-arm64-cross",
    reason: "linking for a Pi",
    is_present: || Path::new(ARM64_ROOT).join("include/stdio.h").is_file(),
};

/// Where Debian keeps the libraries for 64-bit ARM.
const ARM64_ROOT: &str = "/usr/aarch64-linux-gnu";

/// The linker for Xtensa. It is made for the LX106, whose object files look alike.
const XTENSA_LINKER: Package = Package {
    name: "binutils-xtensa-lx106",
    reason: "linking for an ESP32",
    is_present: || has_program(super::xtensa::LINKER),
};

/// Target description of an ESP32 for the pinned compiler, which has another layout built in than
/// its own code generator.
const XTENSA_TARGET: &str = "xtensa-lx6-none-elf";

/// What the program printed, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said(BTreeMap<String, String>);

impl Said {
    fn read(line: &str) -> Result<Said> {
        let pairs = line.split_whitespace().filter_map(|word| word.split_once('='));
        let said: BTreeMap<String, String> =
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        if !said.contains_key("sum") {
            bail!("the program told no sum: {line:?}");
        }
        Ok(Said(said))
    }

    /// The sum over all that was seen.
    pub fn sum(&self) -> &str {
        &self.0["sum"]
    }

    /// One number that it told.
    pub fn number(&self, name: &str) -> Result<u64> {
        let text = self.0.get(name).with_context(|| format!("the program told no {name}"))?;
        text.parse().with_context(|| format!("{name} is {text:?}"))
    }

    /// Whether the same was seen.
    pub fn is_same(&self, other: &Said) -> bool {
        ["sum", "frames", "tracks", "verdicts", "ruled_out"]
            .iter()
            .all(|name| self.0.get(*name) == other.0.get(*name))
    }
}

/// What one stage did in all frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Instructions run.
    pub instructions: u64,
    /// Bytes loaded by them.
    pub load_bytes: u64,
    /// Bytes stored by them.
    pub store_bytes: u64,
    /// Bytes that the cache fetched.
    pub fill_bytes: u64,
    /// Bytes that it wrote back.
    pub write_back_bytes: u64,
}

impl Counts {
    /// Adds another's.
    pub fn add(&mut self, other: Counts) {
        self.instructions += other.instructions;
        self.load_bytes += other.load_bytes;
        self.store_bytes += other.store_bytes;
        self.fill_bytes += other.fill_bytes;
        self.write_back_bytes += other.write_back_bytes;
    }

    /// Bytes between cache and memory.
    pub fn traffic_bytes(&self) -> u64 {
        self.fill_bytes + self.write_back_bytes
    }
}

/// What the emulator counted.
#[derive(Debug, PartialEq, Eq)]
pub struct Counted {
    /// Frames counted.
    pub frames: u64,
    /// Instructions of the frame that took most.
    pub instructions_max: u64,
    /// By module of the eyes.
    pub modules: Vec<(String, Counts)>,
}

impl Counted {
    /// Reads what the plugin wrote.
    pub fn read(text: &str) -> Result<Counted> {
        let mut counted = Counted { frames: 0, instructions_max: 0, modules: Vec::new() };
        for line in text.lines() {
            let words: BTreeMap<&str, &str> =
                line.split_whitespace().filter_map(|word| word.split_once('=')).collect();
            let number = |name: &str| -> Result<u64> {
                let text = words.get(name).with_context(|| format!("no {name} in {line:?}"))?;
                text.parse().with_context(|| format!("{name} in {line:?}"))
            };
            if let Some(module) = words.get("stage") {
                let counts = Counts {
                    instructions: number("instructions")?,
                    load_bytes: number("load_bytes")?,
                    store_bytes: number("store_bytes")?,
                    fill_bytes: number("fill_bytes")?,
                    write_back_bytes: number("write_back_bytes")?,
                };
                counted.modules.push(((*module).to_owned(), counts));
            } else {
                counted.frames = number("frames")?;
                counted.instructions_max = number("instructions_max")?;
            }
        }
        if counted.frames == 0 || counted.modules.is_empty() {
            bail!("the emulator counted nothing between the marks");
        }
        Ok(counted)
    }
}

/// Installs what a core needs, or names the command for it.
pub fn ensure(core: Core, is_counted: bool) -> Result<()> {
    let mut packages = if is_counted { vec![CC, QEMU_USER] } else { Vec::new() };
    match core {
        Core::Host => {}
        Core::Arm64 => packages.extend([QEMU_USER, ARM64_LINKER, ARM64_LIBRARY]),
        Core::Riscv32Imac | Core::Riscv32Imafc => packages.push(QEMU_SYSTEM),
        Core::Xtensa => packages.extend([QEMU_SYSTEM, XTENSA_LINKER]),
    }
    tools::ensure_packages(&packages)?;
    if core != Core::Host {
        check::ensure_library_sources()?;
    }
    Ok(())
}

/// Builds the program for a core.
pub fn build(core: Core) -> Result<PathBuf> {
    let folder = tools::root().join("firmware/bench");
    let built = tools::target_folder()?.join("boards");
    let mut command = cargo();
    command.args(["build", "--quiet", "--release", "--locked", "--manifest-path"]);
    command.arg(folder.join("Cargo.toml")).arg("--target-dir").arg(&built);
    // Building `core` from source is unstable; the variable opens it on the pinned compiler.
    let mut from_source = |library: &str, target: &Path| {
        command.env("RUSTC_BOOTSTRAP", "1").arg(format!("-Zbuild-std={library}"));
        command.arg("--target").arg(target);
    };
    const BARE: &str = "-Zbuild-std-features=compiler-builtins-mem";
    let target = match core {
        Core::Host => String::new(),
        Core::Arm64 => {
            let target = "aarch64-unknown-linux-gnu";
            from_source("std,panic_abort", Path::new(target));
            let linker = "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER";
            command.env(linker, "aarch64-linux-gnu-gcc");
            target.to_owned()
        }
        Core::Riscv32Imac | Core::Riscv32Imafc => {
            let set = if core == Core::Riscv32Imac { "imac" } else { "imafc" };
            let target = format!("riscv32{set}-unknown-none-elf");
            from_source("core,alloc", Path::new(&target));
            command.arg(BARE);
            target
        }
        Core::Xtensa => {
            from_source("core,alloc", &folder.join(XTENSA_TARGET).with_extension("json"));
            command.args([BARE, "-Zjson-target-spec"]);
            // The target's description makes this program the linker (`xtensa::link`).
            let this = std::env::current_exe().context("find this program")?;
            command.env("CARGO_TARGET_XTENSA_LX6_NONE_ELF_LINKER", this);
            XTENSA_TARGET.to_owned()
        }
    };
    tools::run(&mut command)?;
    Ok(built.join(target).join("release/board-bench"))
}

/// Builds the plugin that counts.
pub fn build_plugin() -> Result<PathBuf> {
    let version = tools::output(Command::new("qemu-x86_64").arg("--version"))?;
    if !version.contains(QEMU_VERSION) {
        let here = version.lines().next().unwrap_or_default();
        bail!("the plugin that counts is written for QEMU {QEMU_VERSION}x; here is {here}");
    }
    let plugin = tools::target_folder()?.join("boards/count.so");
    let mut command = Command::new(if has_program("cc") { "cc" } else { "gcc" });
    command.args(["-O2", "-Wall", "-shared", "-fPIC", "-o"]).arg(&plugin);
    tools::run(command.arg(tools::root().join("firmware/bench/count.c")))?;
    Ok(plugin)
}

/// Runs the program as it is, without counting.
pub fn run(core: Core, program: &Path) -> Result<Said> {
    let command = match core {
        Core::Host => {
            let mut command = Command::new("timeout");
            command.arg(RUN_SECONDS_MAX).arg(program);
            command
        }
        Core::Arm64 | Core::Riscv32Imac | Core::Riscv32Imafc | Core::Xtensa => {
            emulator(core, program, &[])
        }
    };
    said(command)
}

/// Runs the program in an emulator and counts.
pub fn count(core: Core, program: &Path, plugin: &Path, cache: &Cache) -> Result<(Said, Counted)> {
    let folder = tempfile::tempdir().context("make a folder for what is counted")?;
    let counted = folder.path().join("counted");
    let Cache { bytes, ways, line } = cache;
    let load = format!("{},cache={bytes},ways={ways},line={line}", plugin.display());
    let counted_text = counted.display().to_string();
    let flags = ["-plugin", &load, "-d", "plugin", "-D", &counted_text];
    let said = said(emulator(core, program, &flags))?;
    let text = std::fs::read_to_string(&counted).context("read what was counted")?;
    Ok((said, Counted::read(&text)?))
}

fn emulator(core: Core, program: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.arg(RUN_SECONDS_MAX);
    let quiet = ["-display", "none", "-monitor", "none", "-m", "16M"];
    // One instruction a tick: a core's own counter then counts instructions.
    let steady = ["-icount", "shift=0"];
    match core {
        Core::Host => command.arg("qemu-x86_64").args(flags),
        Core::Arm64 => command.args(["qemu-aarch64", "-L", ARM64_ROOT]).args(flags),
        Core::Riscv32Imac | Core::Riscv32Imafc => command
            .args(["qemu-system-riscv32", "-M", "virt", "-bios", "none", "-serial", "stdio"])
            .args(quiet)
            .args(steady)
            .args(flags)
            .arg("-kernel"),
        Core::Xtensa => command
            .args(["qemu-system-xtensa", "-M", "sim", "-cpu", "de233_fpu", "-semihosting"])
            .args(["-serial", "none"])
            .args(quiet)
            .args(steady)
            .args(flags)
            .arg("-kernel"),
    };
    command.arg(program);
    command
}

fn said(mut command: Command) -> Result<Said> {
    command.stdin(std::process::Stdio::null());
    let output = command.output().with_context(|| format!("start {command:?}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("the eyes ended with {}: {}{}", output.status, text.trim(), errors.trim());
    }
    Said::read(text.trim())
}

#[cfg(test)]
mod tests {
    use super::{Counted, Said};

    #[test]
    fn what_the_plugin_writes_is_read() {
        let written = "frames=60 instructions_max=9\nstage=gain instructions=120 loads=1 stores=1 \
                       load_bytes=2 store_bytes=3 fill_bytes=4 write_back_bytes=5\n";
        let counted = Counted::read(written).unwrap();
        assert_eq!((counted.frames, counted.instructions_max), (60, 9));
        let [(module, counts)] = counted.modules.as_slice() else { panic!("{counted:?}") };
        assert_eq!((module.as_str(), counts.instructions), ("gain", 120));
        assert_eq!(counts.traffic_bytes(), 9);
    }

    #[test]
    fn nothing_counted_is_no_count() {
        assert!(Counted::read("frames=0 instructions_max=0\n").is_err());
        assert!(Counted::read("stage=gain instructions=1\n").is_err());
        assert!(Said::read("trap 2 at 0x80000000").is_err());
    }

    #[test]
    fn two_that_saw_something_else_differ_whatever_they_took() {
        let said = |text: &str| Said::read(text).unwrap();
        let here = said("sum=1 frames=60 tracks=3 verdicts=1 ruled_out=1 nanoseconds=5");
        assert!(said("sum=1 frames=60 tracks=3 verdicts=1 ruled_out=1 retired=7").is_same(&here));
        assert!(!said("sum=2 frames=60 tracks=3 verdicts=1 ruled_out=1").is_same(&here));
    }
}
