//! `certreg serve`: the registry over HTTP.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};

use super::{
    data::DataFolder,
    error::{CliError, CliResult, Exit},
    out::{self, BOLD, styled},
};
use crate::{registry::Registry, server};

/// Serve a registry over HTTP
///
/// The API, its description and the web pages, from one folder. It listens on this machine only; put a reverse proxy
/// with TLS before it for others. Stop it with Ctrl-C: what was acknowledged is on the disk in any case.
/// Readers get clones from a Git host, to which the operator pushes DIR/registry.git; this server hands out none.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg serve --data /srv/certreg
  certreg serve --data /srv/certreg --listen 127.0.0.1:9000

Next: curl http://127.0.0.1:8080/v1")]
pub(crate) struct Serve {
    /// The folder of the registry
    #[arg(long, value_name = "DIR", default_value = super::DEFAULT_DATA)]
    data: PathBuf,
    /// The address to listen on
    #[arg(long, value_name = "ADDR", default_value = super::DEFAULT_LISTEN)]
    listen: SocketAddr,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    public: bool,
}

impl Serve {
    pub(super) fn run(self) -> CliResult {
        let listener = listen(self.listen, self.public)?;
        let registry = DataFolder::at(&self.data).open()?;
        out::line(what_to_try(&registry, &listener)?)?;
        serve(registry, listener)
    }
}

/// Opens the port.
///
/// # Errors
/// Usage for an address that others can reach without `--public`; unreachable when it is taken.
pub(crate) fn listen(address: SocketAddr, public: bool) -> CliResult<TcpListener> {
    if !address.ip().is_loopback() && !public {
        let message = format!("other machines could reach {address}, without TLS");
        return Err(CliError::usage(message)
            .next("Listen on 127.0.0.1 behind a reverse proxy, or say --public if that is what you want."));
    }
    let listener = TcpListener::bind(address).map_err(|error| {
        CliError::unreachable(format!("cannot listen on {address}: {error}"))
            .next("Choose another port with --listen 127.0.0.1:PORT.")
    })?;
    listener.set_nonblocking(true).map_err(|error| CliError::unreachable(error.to_string()))?;
    Ok(listener)
}

/// Serves until Ctrl-C or a request to terminate.
///
/// # Errors
/// Unreachable when the server fails.
pub(crate) fn serve(registry: Registry, listener: TcpListener) -> CliResult {
    let failed = |error: std::io::Error| CliError::unreachable(format!("the server failed: {error}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        server::serve(Arc::new(registry), listener, stop()).await.map_err(failed)
    })?;
    Ok(Exit::Done)
}

/// Ends with Ctrl-C or a request to terminate.
pub(crate) async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return tokio::signal::ctrl_c().await.unwrap_or_default();
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// What a person can do now, with addresses to click.
fn what_to_try(registry: &Registry, listener: &TcpListener) -> CliResult<String> {
    let address = listener.local_addr().map_err(|error| CliError::unreachable(error.to_string()))?;
    let base = format!("http://{address}");
    let settings = registry.settings();
    let rows = out::table(&[
        vec!["  pages".to_owned(), format!("{base}/")],
        vec!["  API".to_owned(), format!("{base}/v1")],
        vec!["  API, described".to_owned(), format!("{base}/docs/")],
        vec!["  everything that happened".to_owned(), format!("{base}/v1/changes?after=0")],
        vec!["  on the command line".to_owned(), format!("certreg log SUPPLIER/SERVICE --registry {base}")],
    ]);
    Ok(format!("{} ({}) is served at {}\n{}", settings.name, settings.registry, styled(BOLD, &base), rows.trim_end()))
}
