//! The stream from the broker without the messages that are too large for us.
//!
//! Whoever may publish to a topic that we listen to chooses how long a message is, and MQTT 3.1.1 has no way to say
//! what is too long. The client crate ends the connection at such a message, and a retained one comes again with
//! each new connection. Here it is read, counted and left out before the crate sees it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The type of the packet that carries a message, in the upper half of its first byte.
const PUBLISH: u8 = 3;

/// The longest head of a packet: its type, and a length of at most four bytes.
const LONGEST_HEAD: usize = 5;

/// Bytes of the name of a topic that are told.
const NAME: usize = 100;

/// A connection, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// A stream of MQTT packets out of which messages larger than `most` bytes are taken.
pub(super) struct Skipping<S> {
    inner: S,
    packets: Packets,
    /// What was read and is to be handed on, from `given` on.
    ready: Vec<u8>,
    given: usize,
}

impl<S> Skipping<S> {
    /// Takes messages larger than `most` bytes out of a stream at its beginning.
    pub fn new(inner: S, most: usize) -> Skipping<S> {
        let packets = Packets { most, at: At::Head(Vec::with_capacity(LONGEST_HEAD)), told: false };
        Skipping { inner, packets, ready: Vec::new(), given: 0 }
    }
}

/// Where in the stream of packets we are.
struct Packets {
    most: usize,
    at: At,
    /// It was said on this connection that a message was left out.
    told: bool,
}

enum At {
    /// These bytes of the head of a packet have come.
    Head(Vec<u8>),
    /// So many bytes of a packet are left to be handed on.
    Body(usize),
    /// So many bytes are left of a message that is left out; the beginning of it.
    Skip { left: usize, start: Vec<u8>, size: usize },
}

impl Packets {
    /// Takes what has come, and adds what is to be handed on to `kept`.
    fn take(&mut self, mut bytes: &[u8], kept: &mut Vec<u8>) {
        while let Some(first) = bytes.first() {
            match &mut self.at {
                At::Head(head) => {
                    head.push(*first);
                    bytes = bytes.get(1..).unwrap_or_default();
                    let ends = head.len() > 1 && *first & 0x80 == 0;
                    if !ends && head.len() < LONGEST_HEAD {
                        continue;
                    }
                    let length =
                        head.iter().skip(1).rev().fold(0, |sum, byte| (sum << 7) | usize::from(byte & 0x7f));
                    let message = head.first().is_some_and(|kind| kind >> 4 == PUBLISH);
                    self.at = if message && ends && length > self.most {
                        At::Skip { left: length, start: Vec::new(), size: length }
                    } else {
                        kept.append(head);
                        At::Body(length)
                    };
                }
                At::Body(left) => {
                    let (now, rest) = bytes.split_at((*left).min(bytes.len()));
                    kept.extend_from_slice(now);
                    *left -= now.len();
                    bytes = rest;
                }
                At::Skip { left, start, .. } => {
                    let (now, rest) = bytes.split_at((*left).min(bytes.len()));
                    start.extend(now.iter().take((NAME + 2).saturating_sub(start.len())));
                    *left -= now.len();
                    bytes = rest;
                }
            }
            match &self.at {
                At::Body(0) => self.at = At::Head(Vec::with_capacity(LONGEST_HEAD)),
                At::Skip { left: 0, start, size } => {
                    let length = start.iter().take(2).fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
                    let name: Vec<u8> = start.iter().skip(2).take(length).copied().collect();
                    let name = String::from_utf8_lossy(&name);
                    if !std::mem::replace(&mut self.told, true) {
                        tracing::warn!(
                            "mqtt: a message of {size} bytes on {name:?} is left out: more than {} are no command and \
                             no mood. If it is retained: `mosquitto_pub -r -n -t TOPIC`",
                            self.most
                        );
                    }
                    self.at = At::Head(Vec::with_capacity(LONGEST_HEAD));
                }
                _ => {}
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Skipping<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            let waiting = this.ready.get(this.given..).unwrap_or_default();
            if !waiting.is_empty() {
                let now = waiting.get(..out.remaining().min(waiting.len())).unwrap_or_default();
                out.put_slice(now);
                this.given += now.len();
                return Poll::Ready(Ok(()));
            }
            this.ready.clear();
            this.given = 0;
            let mut piece = [0; 4096];
            let mut buffer = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.packets.take(buffer.filled(), &mut this.ready);
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Skipping<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message on a topic with so many bytes behind the name.
    fn message(topic: &str, length: usize) -> Vec<u8> {
        let mut packet = vec![PUBLISH << 4];
        let mut left = 2 + topic.len() + length;
        loop {
            let more = if left > 127 { 0x80 } else { 0 };
            packet.push((left & 0x7f) as u8 | more);
            left >>= 7;
            if left == 0 {
                break;
            }
        }
        packet.extend((topic.len() as u16).to_be_bytes());
        packet.extend(topic.bytes());
        packet.resize(packet.len() + length, b'x');
        packet
    }

    #[test]
    fn a_message_that_is_too_large_is_taken_out_wherever_the_stream_is_cut_and_nothing_else() {
        let (pong, large) = (vec![0xd0, 0], message("ring", 70_000));
        let (small, edge) = (message("mood/set", 5), message("a", 1000 - 3));
        // A packet that carries no message is handed on whatever its size: the client crate checks it.
        let mut other = message("x", 5000);
        other[0] = 9 << 4;
        let kept = [&pong, &small, &edge, &other, &pong].map(|packet| packet.clone()).concat();
        let sent = [&pong, &large, &small, &large, &large, &edge, &other, &message("b", 998), &pong]
            .map(|packet| packet.clone())
            .concat();
        for piece in [1, 2, 3, 7, 100, 4096, sent.len()] {
            let mut packets = Packets { most: 1000, at: At::Head(Vec::new()), told: false };
            let mut got = Vec::new();
            sent.chunks(piece).for_each(|piece| packets.take(piece, &mut got));
            assert!(got == kept, "pieces of {piece}: {} bytes, not {}", got.len(), kept.len());
            assert!(packets.told);
        }
    }

    #[test]
    fn the_largest_message_that_a_packet_can_hold_costs_no_memory() {
        let mut packets = Packets { most: 1000, at: At::Head(Vec::new()), told: false };
        let mut got = Vec::new();
        packets.take(&[PUBLISH << 4, 0xff, 0xff, 0xff, 0x7f], &mut got);
        let At::Skip { left, .. } = &packets.at else { panic!() };
        assert_eq!(*left, 268_435_455);
        (0..1000).for_each(|_| packets.take(&[0; 4096], &mut got));
        let At::Skip { start, .. } = &packets.at else { panic!() };
        assert!(start.len() <= NAME + 2 && got.is_empty());
        // A length of more than four bytes is malformed, and handed on for the client crate to refuse.
        let mut packets = Packets { most: 1000, at: At::Head(Vec::new()), told: false };
        packets.take(&[PUBLISH << 4, 0xff, 0xff, 0xff, 0xff, 1], &mut got);
        assert_eq!(got[..5], [PUBLISH << 4, 0xff, 0xff, 0xff, 0xff]);
    }
}
