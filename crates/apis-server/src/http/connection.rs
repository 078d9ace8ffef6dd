//! The connection under a request, for an answer that must not run ahead of its reader.
//!
//! What is written lies in the kernel's send queue until the other side has acknowledged it. A
//! program that cannot acknowledge by itself, such as one that reads MJPEG, is sent nothing new
//! before that queue is empty: no lag gathers there.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::accept::Accept;
use rustix::io::Errno;
use rustix::ioctl;
use rustix::net::{Shutdown, shutdown, sockopt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower::Layer as _;

/// `SIOCOUTQ`: bytes that were sent and not acknowledged, or not sent yet.
const SIOCOUTQ: ioctl::Opcode = 0x5411;

/// A request's connection; does not keep it open.
#[derive(Debug, Clone)]
pub struct Connection {
    socket: Weak<TcpStream>,
    written: Arc<AtomicU64>,
}

impl Connection {
    /// Bytes handed to the kernel since it was opened.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Bytes that the other side has not acknowledged; zero of a connection that is over.
    pub fn unacknowledged(&self) -> usize {
        let Some(socket) = self.socket.upgrade() else { return 0 };
        queued(&socket).unwrap_or(0)
    }

    /// Has the kernel queue no more than about so many bytes.
    pub fn bound_queue(&self, bytes: usize) {
        if let Some(socket) = self.socket.upgrade() {
            // A kernel that will not leaves the queue as it is, which is emptied all the same.
            let _ = sockopt::set_socket_send_buffer_size(&*socket, bytes);
        }
    }
}

fn queued(socket: &TcpStream) -> Result<usize, Errno> {
    // SAFETY: on Linux `SIOCOUTQ` of a TCP socket writes one `int` to the address it is given, and
    // reads nothing; `Getter` gives it the address of one.
    let count = unsafe { ioctl::ioctl(socket, ioctl::Getter::<SIOCOUTQ, i32>::new()) }?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Accepts connections whose requests know them, each as an extension.
#[derive(Debug, Clone, Copy)]
pub struct Acceptor;

impl<S> Accept<TcpStream, S> for Acceptor {
    type Stream = Socket;
    type Service = AddExtension<S, Connection>;
    type Future = Ready<io::Result<(Socket, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        // A frame waits for no other: the last bytes of one are short.
        let socket = stream.set_nodelay(true).map(|()| Socket::new(stream));
        ready(socket.map(|socket| {
            let service = Extension(socket.connection()).layer(service);
            (socket, service)
        }))
    }
}

/// A TCP connection that counts what it is given to write.
#[derive(Debug)]
pub struct Socket {
    stream: Arc<TcpStream>,
    written: Arc<AtomicU64>,
}

impl Socket {
    fn new(stream: TcpStream) -> Socket {
        Socket { stream: Arc::new(stream), written: Arc::default() }
    }

    fn connection(&self) -> Connection {
        Connection { socket: Arc::downgrade(&self.stream), written: Arc::clone(&self.written) }
    }

    fn poll_write_with(
        &self,
        cx: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match write(&self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(count) => {
                    self.written.fetch_add(count as u64, Ordering::Relaxed);
                    return Poll::Ready(Ok(count));
                }
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read(buffer.initialize_unfilled()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |stream| stream.try_write_vectored(parts))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match shutdown(&*self.stream, Shutdown::Write) {
            Ok(()) | Err(Errno::NOTCONN) => Ok(()),
            Err(error) => Err(error.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    async fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let other = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Socket::new(listener.accept().await.unwrap().0), other)
    }

    #[tokio::test]
    async fn what_the_other_side_does_not_take_is_known() {
        let (mut socket, mut other) = pair().await;
        let connection = socket.connection();
        connection.bound_queue(16 * 1024);
        let whole = vec![7; 8 * 1024 * 1024];
        let stuck =
            tokio::time::timeout(std::time::Duration::from_millis(300), socket.write_all(&whole));
        assert!(stuck.await.is_err(), "nobody reads");
        let written = connection.written();
        assert!(0 < written && written < whole.len() as u64, "{written}");
        assert!(0 < connection.unacknowledged(), "{}", connection.unacknowledged());

        let mut taken = vec![0; usize::try_from(written).unwrap()];
        other.read_exact(&mut taken).await.unwrap();
        let empty = async {
            while 0 < connection.unacknowledged() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), empty).await.unwrap();
        assert_eq!(connection.written(), written);
    }

    #[tokio::test]
    async fn both_sides_talk_and_end() {
        let (mut socket, mut other) = pair().await;
        let connection = socket.connection();
        other.write_all(b"question").await.unwrap();
        let mut heard = [0; 8];
        socket.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"question");
        socket.write_all(b"answer").await.unwrap();
        socket.shutdown().await.unwrap();
        let mut all = Vec::new();
        other.read_to_end(&mut all).await.unwrap();
        assert_eq!((all.as_slice(), connection.written()), (&b"answer"[..], 6));
        drop(socket);
        assert_eq!(connection.unacknowledged(), 0);
    }
}
