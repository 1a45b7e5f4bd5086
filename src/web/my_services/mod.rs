//! My services: the address is the list. No account, no cookie; nothing is stored, kept or logged.
//!
//! [`list`] is the list and what is found for it, [`page`] the list as a page, [`edit`] what changes the list,
//! [`paste`] lists that are pasted or uploaded; then what a list is turned into: [`papers`] (governors' summary, text
//! for a DPIA, emergency cards), [`table`], [`calendar`], [`feed`].

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use tokio::sync::Semaphore;

pub mod calendar;
pub mod edit;
pub mod feed;
pub mod list;
pub mod page;
pub mod papers;
pub mod paste;
pub mod table;

use self::list::{Answered, List};
use super::page::failed;
use crate::registry::{Registry, RegistryError, Result, door::Door};

/// Lists are the dearest answers: so many are made at a time, others wait.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Says that nobody waits any more, when the request ends early.
struct Wanted(Arc<AtomicBool>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Answers `list` and writes what was found with `write`.
async fn answered<T: Send + 'static>(
    door: &Door,
    list: List,
    write: impl FnOnce(&Registry, Answered) -> Result<T> + Send + 'static,
) -> Result<T> {
    let place = AT_ONCE.acquire().await.map_err(RegistryError::internal)?;
    let wanted = Wanted(Arc::new(AtomicBool::new(true)));
    let is_wanted = wanted.0.clone();
    let answer = door.ask(move |registry| {
        let answered = Answered::new(registry, list, &is_wanted)?;
        let written = write(registry, answered);
        drop(place);
        written
    });
    answer.await
}

/// An answer of another type than a page, or what went wrong; never kept.
fn file(door: &Door, media_type: &'static str, name: Option<&'static str>, text: Result<String>) -> Response {
    let text = match text {
        Ok(text) => text,
        Err(error) => return failed(door.registry().settings(), &error),
    };
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(name) = name {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    }
    response
}
