//! Own extractors `Path`, `Query` and `Json`: like axum's, but every rejection is a problem, and none repeats input.

use std::{
    borrow::Cow,
    fmt::{self, Display},
    marker::PhantomData,
    str::FromStr,
};

use axum::{
    extract::{
        FromRequest, FromRequestParts, Request,
        path::ErrorKind,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, header, request::Parts},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::problem::{Failure, Problem};

/// The largest body of any request, in bytes.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// A value that its own type reads from text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T>(pub T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Parsed).map_err(serde::de::Error::custom)
    }
}

/// A value that is read from a JSON object only: serde alone would take a list of the members' values as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }
        deserializer.deserialize_map(Members(PhantomData)).map(Object)
    }
}

/// The parts of the address. One that cannot exist names nothing: 404.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Path(value)).map_err(|rejection| no_such_address(&rejection).into())
    }
}

fn no_such_address(rejection: &PathRejection) -> Problem {
    let reason = match rejection {
        PathRejection::FailedToDeserializePathParams(error) => match error.kind() {
            ErrorKind::DeserializeError { message, .. } | ErrorKind::Message(message) => Some(message),
            _ => None,
        },
        _ => None,
    };
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    Problem::new("no-such-address", format!("There is nothing at this address{reason}. /v1 lists where to begin."))
}

/// The query's parameters.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(value)| Query(value)).map_err(|rejection| bad_parameter(&rejection).into())
    }
}

fn bad_parameter(rejection: &QueryRejection) -> Problem {
    let text = std::error::Error::source(rejection).map_or_else(|| rejection.to_string(), ToString::to_string);
    Problem::new("bad-parameter", format!("A query parameter could not be read: {text}."))
}

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let body = Body::read(request).await?;
        match body.media_type.as_str() {
            "application/json" => body.json().map(Json),
            _ => Err(unsupported("application/json")),
        }
    }
}

/// A body read whole: never more than [`MAX_BODY_BYTES`].
pub struct Body {
    /// Without parameters, in lower case; empty when none was sent.
    pub media_type: String,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The bytes as they came.
    pub bytes: axum::body::Bytes,
}

impl Body {
    /// Reads the body of `request`.
    ///
    /// # Errors
    /// 413 over the limit; 400 when the connection breaks off.
    pub async fn read(request: Request) -> Result<Body, Failure> {
        let (parts, body) = request.into_parts();
        let too_large = || Problem::new("body-too-large", format!("A body has at most {MAX_BODY_BYTES} bytes."));
        let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: u64| length > MAX_BODY_BYTES as u64) {
            return Err(too_large().into());
        }
        let bytes = axum::body::to_bytes(body, MAX_BODY_BYTES).await.map_err(|error| {
            let over =
                std::error::Error::source(&error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
            if over {
                too_large()
            } else {
                Problem::new("bad-body", "The body broke off before its end; send it again.")
            }
        })?;
        Ok(Body { media_type: media_type(&parts.headers), headers: parts.headers, bytes })
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// 400 with line and column.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let read = serde_json::from_slice(&self.bytes);
        read.map(|Object(value)| value).map_err(|error| bad_json(&error).into())
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// 415, saying what would be read.
pub fn unsupported(wanted: &str) -> Failure {
    Problem::new("unsupported-media-type", format!("This operation reads {wanted}: say so in Content-Type.")).into()
}

fn bad_json(error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    // What serde says of data names members and types; of the data itself only what it takes for a member's name.
    let what = match error.classify() {
        serde_json::error::Category::Data => {
            let text = error.to_string();
            let text = text.split(" at line ").next().unwrap_or_default().to_owned();
            let clean: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
            format!("The body does not have the shape that this operation takes ({clean})")
        }
        _ => "The body is not JSON".to_owned(),
    };
    Problem::new("bad-body", format!("{what}, see {place}."))
}
