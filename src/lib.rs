//! A registry of signed, versioned self-certifications for "Cloud Software Services for Schools".
//!
//! The code is built in floors; imports go down only, and modules that share a floor never import each
//! other (`tests/floors.rs` checks it). Read it from the bottom up:
//!
//! - floor 0, meaning, without IO or a clock: [`domain`]
//! - floor 1, pure machines: [`format`](mod@format) (bytes and shapes), [`signing`] (signatures and key rings),
//!   [`compare`] (what changed, in words), [`log`](mod@log) (the transparency log: tree, notes, proofs),
//!   [`import`] (a published form's text to a draft), [`statement`] (a whole self-certification for people),
//!   [`evidence`] (the pack that a school keeps, as a file)
//! - floor 2, one technology each: [`store`] (Git), [`index`] (SQLite), [`witness`] (other parties' word on the log)
//! - floor 3, the verbs and the clock: [`registry`]
//! - floor 4, faces: [`api`] (JSON), [`web`] (HTML)
//! - floor 5: [`server`] joins the faces; floor 6: [`cli`]

pub mod domain;

pub mod compare;
pub mod evidence;
pub mod format;
pub mod import;
pub mod log;
pub mod signing;
pub mod statement;

pub mod index;
pub mod store;
pub mod witness;

pub mod registry;

pub mod api;
pub mod web;

pub mod server;

pub mod cli;
