//! What several tests share.

#![allow(dead_code, clippy::unwrap_used, reason = "no test uses everything, and a test may panic")]

pub mod cases;
pub mod drill;
pub mod fixture;
pub mod http;
pub mod ledger;
pub mod page;
pub mod registry;
