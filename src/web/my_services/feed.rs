//! A list as a feed: what was published since each of its days.

use axum::{extract::State, http::HeaderMap, response::Response};

use super::{
    file,
    list::{List, item},
};
use crate::{
    registry::{door::Door, feed},
    web::ask::Asked,
};

/// `/my-services/feed.atom`
pub async fn atom(State(door): State<Door>, headers: HeaderMap, asked: Asked) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let base = feed::base(text("host"), text("x-forwarded-proto"));
    let written = door.ask(move |registry| {
        let list = List::of(&asked)?;
        // A line that cannot be read has nothing to follow; the page says what is wrong with it.
        let items = list.entries.iter().filter_map(|entry| item(entry, list.reviewed.as_deref()).ok());
        let items: Vec<_> = items.collect();
        Ok(registry.feed_of_list(&items, &list.query())?.atom(&base))
    });
    file(&door, "application/atom+xml; charset=utf-8", None, written.await)
}
