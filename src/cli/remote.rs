//! A running registry, over HTTP.

use std::time::Duration;

use serde_json::Value;

use super::error::{CliError, CliResult, Exit, Place};

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 64 << 20;
/// How long a whole question may take: a durable publish waits for a disk.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A registry's address. Every question is one request.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    base: String,
    agent: ureq::Agent,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Whether a text looks like an address rather than a folder.
pub(crate) fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

impl Remote {
    /// The registry at `address`, for example `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// Usage when it is no http or https address.
    pub(crate) fn at(address: &str) -> CliResult<Remote> {
        let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['?', '#', ' '])) {
            return Err(CliError::usage(format!("'{address}' is not the address of a registry"))
                .next("Write it like http://127.0.0.1:8080 or https://certreg.example."));
        }
        let base = address.trim_end_matches('/').trim_end_matches("/v1").to_owned();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .user_agent(concat!("certreg/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Remote { base, agent: config.new_agent() })
    }

    /// The address without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Asks for `path` (with its slash).
    ///
    /// # Errors
    /// Unreachable when no answer comes.
    pub(crate) fn ask(&self, path: &str) -> CliResult<Answer> {
        self.answer(self.agent.get(format!("{}{path}", self.base)).call())
    }

    /// Sends JSON to `path` with `method` (`POST` or `PUT`).
    ///
    /// # Errors
    /// Unreachable when no answer comes.
    pub(crate) fn send(&self, method: Method, path: &str, json: &[u8]) -> CliResult<Answer> {
        let url = format!("{}{path}", self.base);
        let request = match method {
            Method::Post => self.agent.post(url),
            Method::Put => self.agent.put(url),
        };
        self.answer(request.content_type("application/json").send(json))
    }

    fn answer(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> CliResult<Answer> {
        let failed = |error: ureq::Error| {
            CliError::unreachable(format!("{} cannot be reached: {error}", self.base))
                .next("Check the address, and that the registry runs ('certreg serve').")
        };
        let mut answer = answer.map_err(failed)?;
        let body = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec().map_err(failed)?;
        Ok(Answer { status: answer.status().as_u16(), body })
    }

    /// The bytes at `path`.
    ///
    /// # Errors
    /// The registry's problem, as an error.
    pub(crate) fn bytes(&self, path: &str) -> CliResult<Vec<u8>> {
        self.ask(path)?.good()
    }

    /// The JSON at `path`.
    ///
    /// # Errors
    /// As [`Remote::bytes`].
    pub(crate) fn json(&self, path: &str) -> CliResult<Value> {
        self.ask(path)?.json()
    }

    /// The bytes at `path`, or nothing where the registry has nothing.
    ///
    /// # Errors
    /// As [`Remote::bytes`], but for a 404.
    pub(crate) fn bytes_if_there(&self, path: &str) -> CliResult<Option<Vec<u8>>> {
        let answer = self.ask(path)?;
        if answer.status == 404 { Ok(None) } else { answer.good().map(Some) }
    }
}

/// How something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Post,
    Put,
}

impl Answer {
    /// The body of a good answer.
    ///
    /// # Errors
    /// The problem that the registry answered with (RFC 9457), as an error.
    pub(crate) fn good(self) -> CliResult<Vec<u8>> {
        if (200..300).contains(&self.status) { Ok(self.body) } else { Err(self.problem()) }
    }

    /// The JSON of a good answer.
    ///
    /// # Errors
    /// As [`Answer::good`]; unreachable when it is no JSON.
    pub(crate) fn json(self) -> CliResult<Value> {
        serde_json::from_slice(&self.good()?)
            .map_err(|_| CliError::unreachable("the answer is no JSON").next("Check the address: is it a registry's?"))
    }

    fn problem(self) -> CliError {
        let exit = match self.status {
            409 => Exit::Conflict,
            400..=499 if self.status != 429 => Exit::No,
            _ => Exit::Unreachable,
        };
        let Ok(problem) = serde_json::from_slice::<Value>(&self.body) else {
            let message = format!("the answer was HTTP status {}, without an explanation", self.status);
            return CliError::new(exit, message).next("Check the address: is it a registry's?");
        };
        let text = |name: &str| problem.get(name).and_then(Value::as_str);
        let message = text("detail").or_else(|| text("title")).unwrap_or("the registry refused without a reason");
        let faults = problem.get("errors").and_then(Value::as_array).map(|list| list.iter().map(place).collect());
        CliError { faults: faults.unwrap_or_default(), ..CliError::new(exit, message) }
    }
}

fn place(fault: &Value) -> Place {
    let text = |name: &str| fault.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Place { pointer: text("pointer"), code: text("code"), detail: text("detail") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_end_in_a_slash_or_the_apis_prefix() {
        for text in ["http://127.0.0.1:8080", "http://127.0.0.1:8080/", "http://127.0.0.1:8080/v1"] {
            assert_eq!(Remote::at(text).expect("an address").base(), "http://127.0.0.1:8080");
        }
        for text in ["127.0.0.1:8080", "ftp://a.example", "http://", "https://a b"] {
            assert_eq!(Remote::at(text).expect_err("no address").exit, Exit::Usage, "{text}");
        }
    }

    #[test]
    fn a_problem_becomes_an_error_with_its_faults_and_an_exit_code() {
        let body = br#"{"detail":"No.","errors":[{"pointer":"/version","code":"x","detail":"Wrong."}]}"#;
        let error = Answer { status: 409, body: body.to_vec() }.good().expect_err("a problem");
        assert_eq!((error.exit, error.message.as_str(), error.faults.len()), (Exit::Conflict, "No.", 1));
        let error = Answer { status: 502, body: b"<html>".to_vec() }.good().expect_err("a problem");
        assert_eq!(error.exit, Exit::Unreachable);
    }
}
