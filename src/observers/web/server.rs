//! Connections: few, with deadlines, on one thread. Somebody who sends slowly, or much, or nothing, keeps
//! no one waiting.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower_service::Service;

use super::guard::Peer;

/// Far more than the people who mind a kiosk open, few enough for its memory.
const MOST_CONNECTIONS: usize = 96;

/// A request's head comes within this, or the connection is closed.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// A port that is taken (by a daemon that is about to leave, most often) is tried again this often.
const RETRY: Duration = Duration::from_secs(3);

/// Serves for as long as the process lives. Returns only if there can be no runtime.
pub fn run(listen: SocketAddr, router: Router, listening: impl FnOnce(SocketAddr)) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(2)
        .thread_name("web-slow")
        .build()?;
    runtime.block_on(async {
        let listener = bind(listen).await;
        if let Ok(address) = listener.local_addr() {
            listening(address);
        }
        accept(listener, router).await;
    });
    Ok(())
}

async fn bind(listen: SocketAddr) -> TcpListener {
    let mut told = false;
    loop {
        match TcpListener::bind(listen).await {
            Ok(listener) => return listener,
            Err(error) if !told => {
                told = true;
                tracing::error!(
                    "the page cannot listen on {listen}: {error}. Free the port, or set `web.listen` to another; \
                     it is tried again every {} s",
                    RETRY.as_secs()
                );
            }
            Err(_) => {}
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn accept(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // Whoever comes when all places are taken waits in the kernel's queue.
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // The process has no file handles left, or the peer has gone already.
                tracing::debug!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Small answers at once: events are worth most when they are new.
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        tokio::spawn(async move {
            attend(router, stream, address.ip(), false).await;
            drop(place);
        });
    }
}

/// Serves one connection to its end. With `half_close` somebody who stops sending is still answered; without it
/// that is the end, as it is for a browser that went away from a stream of events.
pub(super) async fn attend<S>(router: Router, stream: S, peer: IpAddr, half_close: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(answer(&mut router, request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(64 * 1024)
        .half_close(half_close)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke off");
    }
}

async fn answer(router: &mut Router, request: Request<Incoming>) -> axum::response::Response {
    // A router is always ready and cannot fail.
    let Ok(response) = router.call(request).await;
    response
}
