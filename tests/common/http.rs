//! Asking the server in-process, through the whole stack of layers.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode},
    response::Response,
};
use certreg::registry::publish::VersionSubmission;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::registry::MadeUp;

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that it is a whole problem of this status and code, and gives it.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!((self.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{problem:#}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()));
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        problem
    }
}

impl MadeUp {
    /// Sends any request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        ask(certreg::server::router(self.registry.clone()), request).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, &[], Body::empty())).await
    }

    /// GET with headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request(Method::GET, path, headers, Body::empty())).await
    }

    /// Any method without a body.
    pub async fn call(&self, method: Method, path: &str) -> Answer {
        self.send(request(method, path, &[], Body::empty())).await
    }

    /// POST or PUT of JSON.
    pub async fn send_json(&self, method: Method, path: &str, json: &Value) -> Answer {
        let body = Body::from(json.to_string());
        self.send(request(method, path, &[("content-type", "application/json")], body)).await
    }

    /// Publishes over HTTP, as JSON.
    pub async fn post_version(&self, certification: &str, submission: &VersionSubmission) -> Answer {
        let path = format!("/v1/certifications/{certification}/versions");
        self.send_json(Method::POST, &path, &as_json(submission)).await
    }
}

/// Sends a request to a router that was made before: making one takes a while.
pub async fn ask(router: Router, request: Request<Body>) -> Answer {
    let response: Response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// A request.
pub fn request(method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(body).unwrap()
}

/// A submission as a body of type `application/json`.
pub fn as_json(submission: &VersionSubmission) -> Value {
    let mut json = json!({"document": String::from_utf8(submission.document.clone()).unwrap()});
    for (name, text) in [("signature", &submission.signature), ("countersignature", &submission.countersignature)] {
        if let Some(text) = text {
            json[name] = json!(text);
        }
    }
    let people: Vec<Value> = submission.people.iter().map(|r| serde_json::from_slice(r).unwrap()).collect();
    if !people.is_empty() {
        json["people"] = Value::Array(people);
    }
    json
}

/// Parts as a body of type `multipart/form-data`, as curl sends them.
pub fn form(parts: &[(&str, &[u8])]) -> (String, Vec<u8>) {
    let boundary = "------------------------d74496d66958873e";
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}
