//! The companion server's program: the command line, one error line, an exit status.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use rustix::fs::Mode;

/// A signed request allocates some hundred times; the C library's allocator takes a seventh of its
/// processor time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // The database, the clips and the keys are for this user alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    apis_server::cli::main()
}
