//! The boards that a unit may be, and what a prediction for each assumes.
//!
//! Every number that was not counted stands here with its source; docs/ref/targets.md tells the
//! same in words.

/// What can be asked for with `--target`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// This machine.
    Host,
    /// Raspberry Pi 5.
    Pi5,
    /// The classic ESP32.
    Esp32,
    /// ESP32-S3.
    #[value(name = "esp32s3")]
    Esp32S3,
    /// ESP32-C6.
    #[value(name = "esp32c6")]
    Esp32C6,
    /// ESP32-P4.
    #[value(name = "esp32p4")]
    Esp32P4,
}

/// How the program is built and run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Core {
    /// A process of this machine.
    Host,
    /// A Linux process on 64-bit ARM, in user-mode emulation.
    Arm64,
    /// Bare RV32IMAC.
    Riscv32Imac,
    /// Bare RV32IMAFC.
    Riscv32Imafc,
    /// Bare Xtensa with windowed registers.
    Xtensa,
}

/// Everything about one board.
pub struct Board {
    /// As `--target` names it.
    pub name: &'static str,
    /// Processor and what stands for it in the emulator.
    pub processor: &'static str,
    /// How it is built and run.
    pub core: Core,
    /// What time is predicted from; nothing for the host, which is timed.
    pub pace: Option<Pace>,
    /// The cache through which outside memory is reached.
    pub cache: Cache,
    /// Its memory; nothing where it is plenty.
    pub memory: Option<Memory>,
}

/// Cycles.
pub struct Pace {
    /// Clock, in MHz.
    pub mhz: f64,
    /// Cycles per instruction, with code and data where they are reached at once.
    pub cycles: f64,
    /// Where both come from.
    pub source: &'static str,
}

/// A data cache: least recently used line goes, stores fetch their line.
pub struct Cache {
    /// Size.
    pub bytes: u32,
    /// Lines that a place can be in.
    pub ways: u32,
    /// Bytes of a line.
    pub line: u32,
}

/// Memory of a small board, in KiB.
pub struct Memory {
    /// For data within the chip.
    pub inside: u32,
    /// Where that comes from.
    pub source: &'static str,
    /// What the unit needs beside the eyes.
    pub rest: &'static [(&'static str, u32)],
    /// Memory beside the chip, if there can be any.
    pub outside: Option<Outside>,
}

/// Memory beside the chip.
pub struct Outside {
    /// Megabytes a second in whole cache lines.
    pub mb_per_s: f64,
    /// Where that comes from.
    pub source: &'static str,
}

impl Memory {
    /// What is left for the eyes, in bytes.
    pub fn left_bytes(&self) -> u64 {
        let rest: u32 = self.rest.iter().map(|(_, kib)| kib).sum();
        u64::from(self.inside.saturating_sub(rest)) * 1024
    }
}

/// Beside the eyes, on a chip whose code in RAM has memory of its own.
const REST_ESP32: &[(&str, u32)] = &[
    ("Wi-Fi", 72),
    ("TLS, one connection", 40),
    ("JPEG: encoder and two frames", 24),
    ("stacks, guard, keeper", 32),
];

/// The same, where code that must run from RAM takes memory that data could have.
const REST_SHARED: &[(&str, u32)] = &[
    ("Wi-Fi", 72),
    ("TLS, one connection", 40),
    ("JPEG: encoder and two frames", 24),
    ("stacks, guard, keeper", 32),
    ("code in RAM", 64),
];

/// The same without a radio: Wi-Fi is another chip's, over SDIO.
const REST_P4: &[(&str, u32)] = &[
    ("buffers of the Wi-Fi chip", 32),
    ("TLS, one connection", 40),
    ("JPEG: two frames", 20),
    ("stacks, guard, keeper", 32),
    ("code in RAM", 32),
];

/// Cycles of published `CoreMark` scores over 323,000 instructions an iteration, which a
/// single-cycle RV32 core counted.
const BY_COREMARK: &str = "CoreMark per MHz over 323,000 instructions an iteration";

const HOST: Board = Board {
    name: "host",
    processor: "x86-64 without extensions",
    core: Core::Host,
    pace: None,
    cache: Cache { bytes: 512 << 10, ways: 8, line: 64 },
    memory: None,
};

const PI5: Board = Board {
    name: "pi5",
    processor: "Cortex-A76, as aarch64 in user mode",
    core: Core::Arm64,
    pace: Some(Pace {
        mhz: 2_400.0,
        cycles: 0.5,
        source: "assumed: the core decodes four instructions a cycle (Arm Cortex-A76 Software \
                 Optimization Guide), so 0.25 is the bound",
    }),
    cache: Cache { bytes: 512 << 10, ways: 8, line: 64 },
    memory: Some(Memory {
        inside: 512,
        source: "a core's second-level cache",
        rest: &[],
        outside: Some(Outside {
            mb_per_s: 5_700.0,
            source: "assumed: a third of the 17 GB/s of LPDDR4X-4267 on 32 lines",
        }),
    }),
};

const ESP32: Board = Board {
    name: "esp32",
    processor: "Xtensa LX6, as QEMU's de233_fpu",
    core: Core::Xtensa,
    pace: Some(Pace { mhz: 240.0, cycles: 1.50, source: BY_COREMARK }),
    cache: Cache { bytes: 32 << 10, ways: 2, line: 32 },
    memory: Some(Memory {
        inside: 287,
        source: "esp-hal's memory map: 176 + 111 KiB",
        rest: REST_ESP32,
        outside: Some(Outside {
            mb_per_s: 20.0,
            source: "quad PSRAM at 80 MHz: 20 MB/s copied by a core (esp32.com, \"PSRAM read-only \
                     performance\"), half of what the bus could",
        }),
    }),
};

const ESP32S3: Board = Board {
    name: "esp32s3",
    processor: "Xtensa LX7, counted as an LX6: no vector instructions",
    core: Core::Xtensa,
    pace: Some(Pace { mhz: 240.0, cycles: 1.26, source: BY_COREMARK }),
    cache: Cache { bytes: 32 << 10, ways: 8, line: 32 },
    memory: Some(Memory {
        inside: 405,
        source: "esp-hal's memory map: 333 + 72 KiB",
        rest: REST_SHARED,
        outside: Some(Outside {
            mb_per_s: 58.0,
            source: "octal PSRAM at 80 MHz, lines of 32 bytes: 58 MB/s measured \
                     (project-x51/esp32-s3-memorycopy, issue 2)",
        }),
    }),
};

const ESP32C6: Board = Board {
    name: "esp32c6",
    processor: "RV32IMAC, as QEMU's rv32",
    core: Core::Riscv32Imac,
    pace: Some(Pace { mhz: 160.0, cycles: 1.12, source: BY_COREMARK }),
    cache: Cache { bytes: 32 << 10, ways: 4, line: 32 },
    memory: Some(Memory {
        inside: 505,
        source: "esp-hal's memory map: 441 + 64 KiB",
        rest: REST_SHARED,
        outside: None,
    }),
};

const ESP32P4: Board = Board {
    name: "esp32p4",
    processor: "RV32IMAFC, as QEMU's rv32: no vector instructions",
    core: Core::Riscv32Imafc,
    pace: Some(Pace {
        mhz: 360.0,
        cycles: 1.1,
        source: "cycles assumed: no published score was found; the clock is that of the boards \
                 sold so far, later ones reach 400",
    }),
    cache: Cache { bytes: 128 << 10, ways: 8, line: 64 },
    memory: Some(Memory {
        inside: 568,
        source: "esp-hal's memory map with 128 KiB of L2 cache",
        rest: REST_P4,
        outside: Some(Outside {
            mb_per_s: 200.0,
            source: "assumed: half of the 400 MB/s told of 16 lines at 200 MHz (esp32.com, topic \
                     47015)",
        }),
    }),
};

impl Target {
    /// What is known of it.
    pub fn board(self) -> &'static Board {
        match self {
            Target::Host => &HOST,
            Target::Pi5 => &PI5,
            Target::Esp32 => &ESP32,
            Target::Esp32S3 => &ESP32S3,
            Target::Esp32C6 => &ESP32C6,
            Target::Esp32P4 => &ESP32P4,
        }
    }
}
