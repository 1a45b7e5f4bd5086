//! The `certreg` program: arguments to the command line, its outcome to the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    certreg::cli::main()
}
