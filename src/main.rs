//! The `certreg` program.

fn main() {}
