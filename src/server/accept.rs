//! Takes connections, no more than there is room for, and lets them end when the server is told to stop.

use std::{
    collections::HashMap,
    future::Future,
    io,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rustix::net::sockopt;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
};

use super::{
    connection::{self, Front},
    limits::Limits,
    metrics::Metrics,
    visit::Visit,
};

/// How much of the answers to one connection the system holds, in bytes. Left to itself it takes megabytes, for which a
/// thousand clients that read nothing make it pay; and how slowly one reads, it would tell too late.
const SEND_BUFFER_BYTES: usize = 128 * 1024;
/// How long to wait when the system has no descriptor to give.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(50);

/// Serves `front` on `listener` until `shutdown` is done, then lets the connections finish, within the limit.
///
/// # Errors
/// None at present: what fails on one connection ends that one.
pub(super) async fn accept(
    listener: TcpListener,
    front: Front,
    limits: Limits,
    metrics: Arc<Metrics>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let crowd = Crowd::new(limits.connections, metrics);
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, place) = tokio::select! {
            taken = take(&listener, &crowd, &limits) => taken,
            () = &mut shutdown => break,
        };
        while connections.try_join_next().is_some() {}
        let (front, stopping) = (front.clone(), stopping.clone());
        connections.spawn(async move {
            let visit = place.visit.clone();
            connection::serve(stream, front, limits, visit, stopping).await;
            drop(place);
        });
    }
    drop(listener);
    // There may be no connection left that listens.
    let _ = stop.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    // A connection that has sent half a request would keep the process alive for ever.
    let _ = tokio::time::timeout(limits.stopping, all).await;
    connections.shutdown().await;
    Ok(())
}

/// The next connection, with its place.
async fn take(listener: &TcpListener, crowd: &Arc<Crowd>, limits: &Limits) -> (TcpStream, Place) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                prepare(&stream, limits);
                return (stream, crowd.enter().await);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(_) => {
                crowd.make_room();
                tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
}

/// Sets what the system is to do for this connection. Without it it works as well, only dearer.
fn prepare(stream: &TcpStream, limits: &Limits) {
    // Answers are written whole; waiting to join them with later ones would only delay them.
    let _ = stream.set_nodelay(true);
    let _ = sockopt::set_socket_send_buffer_size(stream, SEND_BUFFER_BYTES);
    // What the system took is answered, for all that this program sees. If the client does not read it, only the system
    // can tell, and ends the connection.
    let _ = sockopt::set_tcp_user_timeout(stream, u32::try_from(limits.unread.as_millis()).unwrap_or(u32::MAX));
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Everybody who is connected.
struct Crowd {
    places: Arc<Semaphore>,
    visits: Mutex<HashMap<u64, Arc<Visit>>>,
    counter: AtomicU64,
    metrics: Arc<Metrics>,
}

impl Crowd {
    fn new(most: usize, metrics: Arc<Metrics>) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Arc::new(Crowd { places, visits: Mutex::default(), counter: AtomicU64::new(0), metrics })
    }

    fn visits(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Visit>>> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more. When there is none, the one who has earned it least has to go.
    async fn enter(self: &Arc<Self>) -> Place {
        let permit = match self.places.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                self.make_room();
                self.places.clone().acquire_owned().await.expect("the places are never closed")
            }
        };
        let visit = Arc::new(Visit::new());
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        self.visits().insert(number, visit.clone());
        self.metrics.connected.inc();
        self.metrics.connections.inc();
        Place { crowd: self.clone(), number, visit, _permit: permit }
    }

    fn make_room(&self) {
        let visits = self.visits();
        let least = visits.values().filter_map(|visit| Some((visit.merit()?, visit))).min_by_key(|(merit, _)| *merit);
        if let Some((_, visit)) = least {
            visit.send_away();
            self.metrics.sent_away.inc();
        }
    }
}

/// A place in the crowd, given back in the end.
struct Place {
    crowd: Arc<Crowd>,
    number: u64,
    visit: Arc<Visit>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.visits().remove(&self.number);
        self.crowd.metrics.connections.dec();
    }
}
