//! `certreg serve`: the registry over HTTP.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    data::DataFolder,
    error::{CliError, CliResult, Exit},
    out::{self, BOLD, styled},
    settings::{Flags, Gathered, Settings, Told},
};
use crate::{
    registry::Registry,
    server::{self, Journal, Options, Style},
};

/// How many connections may wait to be taken.
const WAITING_CONNECTIONS: i32 = 1024;
/// The name of a thread that works for requests.
const WORKS: &str = "works";
/// The priority at which it does, as `nice` counts: it gets about a tenth of a core for which both kinds compete.
const WORKS_AT: i32 = 10;
/// Threads for health, metrics, witnesses and the log.
const OTHER_THREADS: usize = 16;

/// Serve a registry over HTTP
///
/// The API, its description and the web pages, from one folder. It listens on this machine only; put a reverse proxy
/// with TLS before it for others. Stop it with Ctrl-C: what was acknowledged is on the disk in any case.
/// Readers get clones from a Git host, to which the operator pushes DIR/registry.git; this server hands out none.
///
/// Settings come from flags, then the environment (CERTREG_LISTEN), then the file given with --config, then
/// DIR/certreg.toml, then the defaults: the first that says something is heard. --print-config shows all of them, and
/// who said each.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  certreg serve --data /srv/certreg
  certreg serve --data /srv/certreg --listen 127.0.0.1:9000
  certreg serve --config /etc/certreg.toml --log json --metrics 127.0.0.1:9464
  certreg serve --set limits.connections=500 --print-config

Next: curl http://127.0.0.1:8080/v1")]
pub(crate) struct Serve {
    /// The folder of the registry [default: certreg-data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// The address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    public: bool,
    /// A line on the error stream for each request: json, plain or faults only [default: plain]
    #[arg(long, value_name = "STYLE")]
    log: Option<String>,
    /// Show metrics for Prometheus at this address, under /metrics
    #[arg(long, value_name = "ADDR")]
    metrics: Option<String>,
    /// Change any setting, by its name
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Read settings from this file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Show every setting with where it comes from, and end
    #[arg(long)]
    print_config: bool,
}

impl Serve {
    pub(super) fn run(self) -> CliResult {
        let print = self.print_config;
        let gathered = Gathered::gather(&self.flags()?, std::env::vars_os())?;
        if print {
            out::print(gathered.print())?;
            return Ok(Exit::Done);
        }
        let settings = gathered.settings;
        let listener = listen(settings.listen, settings.public)?;
        let figures = settings.metrics.map(|address| listen(address, settings.public)).transpose()?;
        let registry = DataFolder::at(&settings.data).open()?;
        let welcome = what_to_try(&registry, &listener)?;
        serve_with(registry, listener, figures, &settings, || out::line(welcome))
    }

    /// What the command line says, as settings by name. What names any setting comes last.
    fn flags(self) -> CliResult<Flags> {
        let told = |key: &str, value: String| Told { key: key.to_owned(), value, by: format!("--{key}") };
        let named = [("data", self.data), ("listen", self.listen), ("log", self.log), ("metrics", self.metrics)];
        let mut all: Vec<Told> = named.into_iter().filter_map(|(key, value)| Some(told(key, value?))).collect();
        all.extend(self.public.then(|| told("public", "true".to_owned())));
        for pair in self.set {
            let Some((key, value)) = pair.split_once('=') else {
                return Err(CliError::usage("--set takes NAME=VALUE").next("For example --set limits.connections=500."));
            };
            all.push(Told { key: key.to_owned(), value: value.to_owned(), by: "--set".to_owned() });
        }
        Ok(Flags { told: all, config: self.config })
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
    // The system's own measure, 128, is soon full in a burst, and whoever finds it full comes back a second later.
    rustix::net::listen(&listener, WAITING_CONNECTIONS).map_err(|error| CliError::unreachable(error.to_string()))?;
    listener.set_nonblocking(true).map_err(|error| CliError::unreachable(error.to_string()))?;
    Ok(listener)
}

/// Serves until Ctrl-C or a request to terminate, and writes down only what goes wrong. `announce` says where, once the
/// server can be stopped.
///
/// # Errors
/// Unreachable when the server fails; those of `announce`.
pub(crate) fn serve(registry: Registry, listener: TcpListener, announce: impl FnOnce() -> CliResult<()>) -> CliResult {
    serve_with(registry, listener, None, &Settings { log: Style::Faults, ..Settings::default() }, announce)
}

fn serve_with(
    registry: Registry,
    listener: TcpListener,
    figures: Option<TcpListener>,
    settings: &Settings,
    announce: impl FnOnce() -> CliResult<()>,
) -> CliResult {
    let failed = |error: std::io::Error| CliError::unreachable(format!("the server failed: {error}"));
    let limits = settings.limits;
    // A thread for every request that has a slot, and for what is done beside them.
    let threads = limits.reads.at_once + limits.slow.at_once + limits.writes.at_once + OTHER_THREADS;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.max_blocking_threads(threads).enable_all();
    let runtime = who_answers_first(runtime).build().map_err(failed)?;
    runtime.block_on(async {
        // Before anybody is told where it is: whoever knows the address may also ask it to stop.
        let stop = stop().map_err(failed)?;
        announce()?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        let figures = figures.map(tokio::net::TcpListener::from_std).transpose().map_err(failed)?;
        let journal = Journal::new(settings.log, registry.clock().clone());
        let options = Options { limits, journal };
        server::serve_with(Arc::new(registry), listener, figures, options, stop).await.map_err(failed)
    })?;
    Ok(Exit::Done)
}

/// Lets the threads that talk to clients go before those that work for them: a refusal, a kept answer and health take a
/// few microseconds, and would otherwise wait while others compute. On an idle machine it makes no difference.
fn who_answers_first(runtime: &mut tokio::runtime::Builder) -> &mut tokio::runtime::Builder {
    let talking = std::thread::available_parallelism().map_or(2, usize::from);
    let named = AtomicUsize::new(0);
    // The first threads are those, named before the runtime is there; all later ones work.
    let name = move || {
        let is_talking = named.fetch_add(1, Ordering::Relaxed) < talking;
        if is_talking { "talks".to_owned() } else { WORKS.to_owned() }
    };
    let start = || {
        if std::thread::current().name() == Some(WORKS) {
            // On Linux this is of the thread that says so. Refused, everything works as well, only not as quickly when
            // there is too much of it.
            let _ = rustix::process::setpriority_process(None, WORKS_AT);
        }
    };
    runtime.worker_threads(talking).thread_name_fn(name).on_thread_start(start)
}

/// Something that ends with Ctrl-C or a request to terminate, either of which is noticed from now on.
///
/// # Errors
/// When the system lets nobody listen for signals.
pub(crate) fn stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
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
