//! The companion server's program: the command line, one error line, an exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    apis_server::cli::main()
}
