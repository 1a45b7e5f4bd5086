//! The witness over HTTP (c2sp.org/tlog-witness).

use std::{net::TcpListener, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State, rejection::BytesRejection},
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use super::{Judge, signer};
use crate::{
    api::edge,
    cli::{
        error::{CliError, CliResult, Exit},
        out,
        serve::stop,
    },
    registry::Clock,
    server::{self, Limits},
    signing::SecretKey,
    witness::Refusal,
};

/// The longest request that is read, in bytes: a note of the longest kind, and 63 hashes.
const MAX_BODY_BYTES: usize = 260 * 1024;

struct Shared {
    judge: Judge,
    secret: SecretKey,
}

/// Serves until Ctrl-C or a request to terminate. `announce` says where, once the server can be stopped.
///
/// # Errors
/// Unreachable when the server fails; those of `announce`.
pub(super) fn serve(
    judge: Judge,
    secret: SecretKey,
    listener: TcpListener,
    announce: impl FnOnce() -> CliResult<()>,
) -> CliResult {
    let failed = |error: std::io::Error| CliError::unreachable(format!("the witness failed: {error}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let stop = stop().map_err(failed)?;
        announce()?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        server::serve_router(listener, router(Arc::new(Shared { judge, secret })), stop).await.map_err(failed)
    })?;
    Ok(Exit::Done)
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(about))
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{log}/checkpoint", get(newest))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(Limits::default().request, edge::in_time))
        .with_state(shared)
}

/// Who this is, for people who look.
async fn about(State(shared): State<Arc<Shared>>) -> Response {
    let key = shared.judge.key();
    let logs: String =
        shared.judge.logs().iter().map(|(origin, size)| format!("{origin}: cosigned up to size {size}\n")).collect();
    text(
        StatusCode::OK,
        format!("This is a witness of transparency logs (c2sp.org/tlog-witness).\n\n{key}\n\nIt watches\n{logs}"),
    )
}

/// The newest checkpoint that was cosigned, for monitors.
async fn newest(State(shared): State<Arc<Shared>>, Path(log): Path<String>) -> Response {
    match shared.judge.newest(&log) {
        Some(signed) => text(StatusCode::OK, signed.print()),
        None => text(StatusCode::NOT_FOUND, "No checkpoint of such a log was cosigned here.\n".to_owned()),
    }
}

async fn add_checkpoint(State(shared): State<Arc<Shared>>, body: Result<Bytes, BytesRejection>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return text(rejection.status(), format!("{}\n", rejection.body_text())),
    };
    // It waits for the disk, so not on a thread that takes connections.
    let judged = tokio::task::spawn_blocking(move || judge(&shared, &body)).await;
    judged.unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, "The witness failed.\n".to_owned()))
}

fn judge(shared: &Shared, body: &[u8]) -> Response {
    let Ok(body) = std::str::from_utf8(body) else {
        return text(StatusCode::BAD_REQUEST, "The request is no UTF-8 text.\n".to_owned());
    };
    match shared.judge.add(body, Clock::System.now(), &signer(&shared.secret)) {
        Ok(cosignature) => text(StatusCode::OK, format!("{}\n", cosignature.line())),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match refusal {
        Refusal::Stale { size } => {
            (status, [(header::CONTENT_TYPE, "text/x.tlog.size")], format!("{size}\n")).into_response()
        }
        Refusal::Inconsistent { conflict, .. } => {
            let kept = conflict.as_ref().map_or(String::new(), |path| {
                format!(
                    " The checkpoint was kept as {}: with the cosigned one it proves two histories.",
                    path.display()
                )
            });
            out::tell(format!("warning: {refusal}.{kept}"));
            text(status, format!("{refusal}\n"))
        }
        Refusal::NotRemembered(_) => {
            out::tell(format!("error: {refusal}"));
            text(status, "The witness cannot write to its memory; nothing was cosigned.\n".to_owned())
        }
        _ => text(status, format!("{refusal}\n")),
    }
}

fn text(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], body)
        .into_response()
}
