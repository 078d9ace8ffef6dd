//! The companion server's program: the command line, one error line, an exit status.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A signed request allocates some hundred times; the C library's allocator takes a seventh of its
/// processor time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    apis_server::cli::main()
}
