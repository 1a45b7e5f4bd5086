//! The `certreg` program: arguments to the command line, its outcome to the exit code.

use std::process::ExitCode;

/// Documents are hundreds of small strings, made on one thread and dropped on another: the C library's allocator takes
/// a fifth of the time that a replay of the history takes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    certreg::cli::main()
}
