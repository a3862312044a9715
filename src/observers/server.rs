//! Everything that listens: few connections, few from each address, with deadlines in both directions, on one
//! thread. Somebody who sends slowly, or much, or nothing, or takes no answer, keeps no one waiting.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::http::{Request, StatusCode};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::time::Sleep;
use tower_service::Service;

/// The address that a connection came from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// How many connections there are at once. Each is a file handle and some memory of the device.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// All together.
    pub all: usize,
    /// From one IPv4 address, or one /64 network of IPv6. This machine itself may have `all - each - local`, so that
    /// somebody else still gets in.
    pub each: usize,
    /// Of `all`, kept free for this machine.
    pub local: usize,
}

/// The page: far more than the people who mind a kiosk open. A browser opens at most six.
pub const PAGE: Limits = Limits { all: 96, each: 24, local: 16 };
/// The metrics: one or two programs that read them twice a minute.
pub const METRICS: Limits = Limits { all: 16, each: 4, local: 4 };

/// How long one connection may keep the server waiting.
#[derive(Clone, Copy)]
struct Deadlines {
    /// A request's head comes within this, or the connection is closed.
    head: Duration,
    /// The rest of a request comes and is answered within this: a change is a few hundred bytes.
    answer: Duration,
    /// Somebody who takes nothing of an answer for so long is cut off.
    take: Duration,
}

const DEADLINES: Deadlines = Deadlines {
    head: Duration::from_secs(10),
    answer: Duration::from_secs(60),
    take: Duration::from_secs(20),
};

/// A port that is taken (by a daemon that is about to leave, most often) is tried again this often.
const RETRY: Duration = Duration::from_secs(3);

/// Serves for as long as the process lives. Returns only if there can be no runtime.
pub fn run(listen: SocketAddr, router: Router, listening: impl FnOnce(SocketAddr)) -> io::Result<()> {
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
        accept(listener, router, PAGE).await;
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

/// Serves every connection, for ever.
pub async fn accept(listener: TcpListener, router: Router, limits: Limits) {
    let places = Arc::new(Places::new(limits));
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // The process has no file handles left, or the peer has gone already.
                tracing::debug!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // A client with too many connections is cut off at once, and takes no place from others.
        let Some(place) = places.take(address.ip()) else { continue };
        // Small answers at once: events are worth most when they are new.
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        tokio::spawn(async move {
            attend(router, stream, address.ip(), false).await;
            drop(place);
        });
    }
}

/// Who has how many connections, or streams of events.
pub struct Places {
    limits: Limits,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// One of them; it is free again when this is dropped.
pub struct Place {
    of: Arc<Places>,
    peer: IpAddr,
}

impl Places {
    /// All free.
    pub fn new(limits: Limits) -> Places {
        Places { limits, taken: Mutex::default() }
    }

    /// A place for this address, if it may have one more.
    pub fn take(self: &Arc<Places>, peer: IpAddr) -> Option<Place> {
        let peer = neighbourhood(peer);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let own = taken.get(&peer).copied().unwrap_or(0);
        let Limits { all: most, each, local } = self.limits;
        let free = if peer.is_loopback() {
            all < most && own + each + local < most
        } else {
            all + local < most && own < each
        };
        free.then(|| {
            taken.insert(peer, own + 1);
            Place { of: self.clone(), peer }
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.peer) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.remove(&self.peer)),
        }
    }
}

/// A client with one IPv6 address has the whole /64.
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) if !six.is_loopback() => {
            let [a, b, c, d, ..] = six.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        other => other,
    }
}

/// Serves one connection to its end. With `half_close` somebody who stops sending is still answered; without it
/// that is the end, as it is for a browser that went away from a stream of events.
pub async fn attend<S>(router: Router, stream: S, peer: IpAddr, half_close: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    attend_within(router, stream, peer, half_close, DEADLINES).await;
}

async fn attend_within<S>(router: Router, stream: S, peer: IpAddr, half_close: bool, deadlines: Deadlines)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(answer(&mut router, request, deadlines.answer).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(deadlines.head)
        .max_buf_size(64 * 1024)
        .half_close(half_close)
        .serve_connection(TokioIo::new(Patient { stream, take: deadlines.take, stuck: None }), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// A stream on which nobody waits for ever to write.
struct Patient<S> {
    stream: S,
    take: Duration,
    /// Runs while the peer takes nothing.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// The outcome of writing, or the end of patience.
    fn within<T>(&mut self, cx: &mut Context<'_>, wrote: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if wrote.is_ready() {
            self.stuck = None;
            return wrote;
        }
        let take = self.take;
        let sleep = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(take)));
        match sleep.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.within(cx, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.within(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.within(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.within(cx, shut)
    }
}

async fn answer(
    router: &mut Router,
    request: Request<Incoming>,
    limit: Duration,
) -> axum::response::Response {
    match tokio::time::timeout(limit, router.call(request)).await {
        // A router is always ready and cannot fail.
        Ok(Ok(response)) => response,
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "the request did not come in time").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn one_address_has_few_places_and_this_machine_always_has_one() {
        let places = Arc::new(Places::new(Limits { all: 8, each: 3, local: 2 }));
        let far = |host: u8| IpAddr::from([192, 168, 1, host]);
        let mut held: Vec<Place> = (0..3).map(|_| places.take(far(1)).unwrap()).collect();
        assert!(places.take(far(1)).is_none(), "one address has its share");
        held.extend((0..3).map(|_| places.take(far(2)).unwrap()));
        assert!(places.take(far(3)).is_none(), "the rest is for this machine");
        let near = [places.take(IpAddr::from([127, 0, 0, 1])), places.take(Ipv6Addr::LOCALHOST.into())];
        assert!(near.iter().all(Option::is_some));
        assert!(places.take(IpAddr::from([127, 0, 0, 1])).is_none());
        drop((held, near));
        assert!(places.taken.lock().unwrap().is_empty(), "nothing is remembered of who has gone");
        let held: Vec<Place> = std::iter::from_fn(|| places.take(Ipv6Addr::LOCALHOST.into())).collect();
        assert_eq!(held.len(), 3, "a program on this machine leaves the page to others");
        assert!((0..3).map(|_| places.take(far(1))).collect::<Vec<_>>().iter().all(Option::is_some));
        drop(held);
        let six = |end: u16| IpAddr::from([0xfd00, 0, 0, 1, 0, 0, 0, end]);
        let _held: Vec<Place> = (0..3).map(|host| places.take(six(host)).unwrap()).collect();
        assert!(places.take(six(9)).is_none(), "a network of addresses is one");
    }

    /// What is answered on one connection until the server ends it.
    fn talk(asked: &'static [u8], end: bool, deadlines: Deadlines) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let router = Router::new()
                .route("/large", get(|| std::future::ready(vec![b'x'; 1 << 20])))
                .route("/", post(|body: axum::body::Bytes| std::future::ready(body.len().to_string())));
            let (ours, mut theirs) = tokio::io::duplex(4096);
            let peer = IpAddr::from([192, 168, 1, 1]);
            let served = tokio::spawn(attend_within(router, ours, peer, true, deadlines));
            theirs.write_all(asked).await.unwrap();
            if end {
                theirs.shutdown().await.unwrap();
            }
            // Far more than any of the deadlines: it is the server that ends this.
            tokio::time::timeout(Duration::from_secs(60), served).await.unwrap().unwrap();
            let mut got = Vec::new();
            theirs.read_to_end(&mut got).await.unwrap();
            got
        })
    }

    #[test]
    fn whoever_sends_slowly_or_takes_nothing_is_cut_off_in_time() {
        let long = Duration::from_secs(3600);
        let never = Deadlines { head: long, answer: long, take: long };
        let soon = Duration::from_millis(20);
        let got = talk(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", true, never);
        assert!(got.ends_with(b"2"));
        assert!(talk(b"", false, Deadlines { head: soon, ..never }).is_empty());
        talk(b"GET /large HT", false, Deadlines { head: soon, ..never });
        let body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhi";
        let got = talk(body, false, Deadlines { answer: soon, head: soon, ..never });
        assert!(got.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&got));
        // Asked twice, and nothing of the answers taken.
        let large = b"GET /large HTTP/1.1\r\nHost: x\r\n\r\nGET /large HTTP/1.1\r\nHost: x\r\n\r\n";
        assert!(talk(large, false, Deadlines { take: soon, ..never }).len() <= 4096);
    }
}
