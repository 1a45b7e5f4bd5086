//! What is asked of a page: the parts of its address and its query, taken as they come and checked by each page.

use std::{convert::Infallible, str::FromStr};

use axum::{
    extract::{FromRequestParts, Query, RawPathParams, Request},
    http::{StatusCode, request::Parts},
    middleware::Next,
    response::Response,
};

use crate::{
    domain::{CertificationId, SupplierId},
    registry::{RegistryError, Result, door::Door},
};

/// The longest query of a page, in bytes.
const MAX_QUERY_BYTES: usize = 4 * 1024;
/// The same where the query is a list of services.
pub const MAX_LIST_QUERY_BYTES: usize = 16 * 1024;

/// The parts of the address that differ from page to page, in order.
pub struct Named(Vec<String>);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> std::result::Result<Self, Infallible> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        // What is no text names nothing: the page finds an empty name, and says so.
        Ok(Named(params.map(|params| params.iter().map(|(_, value)| value.to_owned()).collect()).unwrap_or_default()))
    }
}

impl Named {
    fn part(&self, at: usize) -> &str {
        self.0.get(at).map_or("", String::as_str)
    }

    /// The supplier that the address begins with.
    ///
    /// # Errors
    /// Not found when no supplier can have that name.
    pub fn supplier(&self) -> Result<SupplierId> {
        let bad = |_| RegistryError::not_found("supplier-not-found", "No supplier can have the name in this address.");
        self.part(0).parse().map_err(bad)
    }

    /// The certification that the address begins with.
    ///
    /// # Errors
    /// Not found when no certification can have that name.
    pub fn certification(&self) -> Result<CertificationId> {
        let id = format!("{}/{}", self.part(0), self.part(1));
        let bad =
            |_| RegistryError::not_found("certification-not-found", "No service can have the name in this address.");
        id.parse().map_err(bad)
    }

    /// The version after the certification.
    ///
    /// # Errors
    /// Not found when it is no number of a version.
    pub fn version(&self) -> Result<u32> {
        number(self.part(2))
            .ok_or_else(|| RegistryError::not_found("version-not-found", "Versions are numbered 1, 2, 3 and so on."))
    }
}

/// A number of a version: digits only, without leading zeros.
pub fn number(text: &str) -> Option<u32> {
    let written = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| written)
}

/// The query, in order. A page takes what it knows and passes over the rest, so that shared links survive.
#[derive(Debug, Clone, Default)]
pub struct Asked(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> std::result::Result<Self, Infallible> {
        let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        Ok(Asked(pairs.map(|Query(pairs)| pairs).unwrap_or_default()))
    }
}

impl Asked {
    /// The first value under this name, without white space at its ends; none when it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty())
    }

    /// Every value under this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Whether the name is there, whatever its value.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(given, _)| given == name)
    }

    /// The first value under this name, read.
    pub fn parsed<T: FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).and_then(|text| text.parse().ok())
    }
}

/// Text that a reader typed, fit to be shown again: one line, without anything that could reorder what stands around.
pub fn shown_again(text: &str, most_characters: usize) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    let clean = text.replace(acts, " ");
    clean.trim().chars().take(most_characters).collect()
}

/// `text` as one value in the query of an address.
pub fn encoded(text: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/' | b'@' | b'!');
    let written = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(written).collect()
}

/// Refuses queries over the limit, with a page that says what to do instead.
pub async fn short_enough(
    axum::extract::State(door): axum::extract::State<Door>,
    request: Request,
    next: Next,
) -> Response {
    let is_list = request.uri().path().starts_with("/my-services");
    let most = if is_list { MAX_LIST_QUERY_BYTES } else { MAX_QUERY_BYTES };
    if request.uri().query().is_some_and(|query| query.len() > most) {
        let detail = if is_list {
            "The list is too long for an address. Upload it as a CSV file on the page 'My services', up to 1,000 services at once."
        } else {
            "The address is longer than this registry reads. Go back and ask for less at once."
        };
        return super::page::wrong(door.registry().settings(), StatusCode::URI_TOO_LONG, "That is too long", detail);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_shown_again_without_what_reorders_text() {
        assert_eq!(shown_again(" a\u{202E}b\nc\u{200F} ", 9), "a b c");
        assert_eq!(shown_again("abcdef", 3), "abc");
    }

    #[test]
    fn nothing_in_a_value_can_end_it() {
        assert_eq!(encoded("a/b@2025~x & y=é#"), "a/b@2025~x%20%26%20y%3D%C3%A9%23");
    }
}
