//! The network between a unit and its server, which the test can cut at a chosen byte.
//!
//! TCP alone: TLS passes through unread, so a cut falls anywhere within a record, as it does in
//! life.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A budget that never runs out.
const NO_CUT: i64 = i64::MAX;

#[derive(Debug)]
struct Wire {
    server: SocketAddr,
    /// Bytes that may still go to the server before the cut.
    left: AtomicI64,
    cuts: AtomicU64,
    sent: AtomicU64,
    is_down: AtomicBool,
    is_over: AtomicBool,
    live: Mutex<Vec<TcpStream>>,
}

impl Wire {
    /// Ends every connection, now.
    fn cut(&self) {
        self.is_down.store(true, Ordering::SeqCst);
        self.left.store(NO_CUT, Ordering::SeqCst);
        self.cuts.fetch_add(1, Ordering::SeqCst);
        self.close_all();
    }

    fn close_all(&self) {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        for stream in live.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// A proxy on a port of its own; it ends with its handle.
#[derive(Debug)]
pub struct Proxy {
    wire: Arc<Wire>,
    port: u16,
}

impl Proxy {
    /// Listens on a free port and passes everything to `server`.
    pub fn start(server: SocketAddr) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let wire = Arc::new(Wire {
            server,
            left: AtomicI64::new(NO_CUT),
            cuts: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            is_down: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            live: Mutex::new(Vec::new()),
        });
        let ear = Arc::clone(&wire);
        std::thread::spawn(move || listen(&listener, &ear));
        Proxy { wire, port }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts everything once `bytes` more have gone to the server; stays cut until [`Proxy::mend`].
    pub fn cut_after(&self, bytes: u64) {
        let bytes = i64::try_from(bytes).expect("a cut lies within reach");
        self.wire.left.store(bytes, Ordering::SeqCst);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.wire.left.store(NO_CUT, Ordering::SeqCst);
        self.wire.is_down.store(false, Ordering::SeqCst);
    }

    /// How often it has cut.
    pub fn cuts(&self) -> u64 {
        self.wire.cuts.load(Ordering::SeqCst)
    }

    /// Bytes that have gone to the server.
    pub fn sent(&self) -> u64 {
        self.wire.sent.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.wire.is_over.store(true, Ordering::SeqCst);
        self.wire.close_all();
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn listen(listener: &TcpListener, wire: &Arc<Wire>) {
    for unit in listener.incoming().flatten() {
        if wire.is_over.load(Ordering::SeqCst) {
            return;
        }
        if wire.is_down.load(Ordering::SeqCst) {
            continue;
        }
        let Ok(server) = TcpStream::connect_timeout(&wire.server, Duration::from_secs(1)) else {
            continue;
        };
        let _ = (unit.set_nodelay(true), server.set_nodelay(true));
        let Ok(ends) = [&unit, &server, &unit, &server]
            .map(TcpStream::try_clone)
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
        else {
            continue;
        };
        wire.live.lock().unwrap_or_else(PoisonError::into_inner).extend(ends);
        let (Ok(unit_out), Ok(server_out)) = (unit.try_clone(), server.try_clone()) else {
            continue;
        };
        let up = Arc::clone(wire);
        std::thread::spawn(move || pump_up(unit, server_out, &up));
        std::thread::spawn(move || pump_down(server, unit_out));
    }
}

/// Unit to server, counted.
fn pump_up(mut unit: TcpStream, mut server: TcpStream, wire: &Wire) {
    let mut buffer = [0; 16 * 1024];
    while let Some(bytes) = read(&mut unit, &mut buffer) {
        let allowed = wire.left.load(Ordering::SeqCst);
        let count = i64::try_from(bytes.len()).expect("a buffer is small");
        let within = usize::try_from(allowed.clamp(0, count)).expect("within the buffer");
        if server.write_all(&bytes[..within]).is_err() {
            break;
        }
        wire.sent.fetch_add(within as u64, Ordering::SeqCst);
        if allowed != NO_CUT && wire.left.fetch_sub(count, Ordering::SeqCst) <= count {
            wire.cut();
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Write);
}

fn pump_down(mut server: TcpStream, mut unit: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Some(bytes) = read(&mut server, &mut buffer) {
        if unit.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = unit.shutdown(Shutdown::Write);
}

/// The next bytes; `None` at the end.
fn read<'a>(from: &mut TcpStream, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    loop {
        match from.read(buffer) {
            Ok(0) => return None,
            Ok(count) => return Some(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that tells, for every connection, how many bytes came.
    fn counting_server() -> (SocketAddr, std::sync::mpsc::Receiver<usize>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut bytes = Vec::new();
                let _ = stream.read_to_end(&mut bytes);
                let _ = stream.write_all(b"thanks");
                if tell.send(bytes.len()).is_err() {
                    return;
                }
            }
        });
        (address, told)
    }

    #[test]
    fn the_wire_is_cut_at_the_byte_and_carries_all_once_mended() {
        let (server, told) = counting_server();
        let proxy = Proxy::start(server);
        proxy.cut_after(100_000);
        let mut unit = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        let _ = unit.write_all(&vec![7; 300_000]);
        assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(100_000));
        assert_eq!(proxy.cuts(), 1);

        proxy.mend();
        let mut unit = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        unit.write_all(&vec![7; 300_000]).unwrap();
        unit.shutdown(Shutdown::Write).unwrap();
        let mut thanks = String::new();
        unit.read_to_string(&mut thanks).unwrap();
        assert_eq!(
            (thanks.as_str(), told.recv_timeout(Duration::from_secs(10))),
            ("thanks", Ok(300_000))
        );
        assert_eq!(proxy.sent(), 400_000);
    }
}
