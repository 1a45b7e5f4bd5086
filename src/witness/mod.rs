//! Floor 2: witnesses of a log (c2sp.org/tlog-witness). The only module besides `cli` that asks over HTTP by itself.
//!
//! A witness remembers one checkpoint of a log and cosigns a newer one only when the newer tree begins with the one it
//! remembers. Whoever asks for enough cosignatures cannot be shown a history of their own. This module knows both
//! sides: [`Witness`] judges and remembers, [`ask`] asks. It leaves ports, keys and the clock to the floors above, and
//! every format to [`crate::log`].
//!
//! Reading order: [`memory`], [`judge`], [`client`].

pub mod client;
pub mod judge;
pub mod memory;

pub use client::{Cosignature, WitnessError, ask, ask_catching_up, newest};
pub use judge::{Refusal, Witness};
pub use memory::{Memory, MemoryError};
