//! Live video through the built binaries: from the drawn scene by unit and server to whoever looks.

use crate::server::Server;
use crate::stage;
use crate::unit::{Start, Unit, Watched, is_event, wait_until};
use crate::web::Person;
use apis_protocol::live::FrameHeader;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

/// Longest wait for what must come soon.
const SOON: Duration = Duration::from_secs(20);

/// From the last viewer's leaving to the unit's end of video, and some for a busy machine.
const LEFT_MAX: Duration = Duration::from_millis(2_500);

/// A viewer that acknowledges what it is sent.
struct Viewer {
    socket: WebSocket<TcpStream>,
    /// The newest word of each kind.
    words: serde_json::Map<String, Value>,
}

impl Viewer {
    fn open(person: &Person, unit: &str) -> Viewer {
        let path = format!("/api/v1/units/{unit}/live");
        let mut request =
            format!("ws://{}{path}", person.authority()).into_client_request().unwrap();
        for (name, value) in person.fields() {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(person.authority()).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let (socket, _) = tungstenite::client(request, stream).expect("the door opens");
        Viewer { socket, words: serde_json::Map::new() }
    }

    /// The next frame, acknowledged.
    fn frame(&mut self) -> (FrameHeader, Vec<u8>) {
        loop {
            match self.socket.read().expect("a frame comes soon") {
                Message::Binary(bytes) => {
                    let (header, jpeg) = FrameHeader::split(&bytes).unwrap();
                    let jpeg = jpeg.to_vec();
                    let sent_us = now_us();
                    let sequence = header.sequence;
                    let text =
                        json!({ "acknowledgement": { "sequence": sequence, "sent_us": sent_us } });
                    self.socket.send(Message::Text(text.to_string().into())).unwrap();
                    return (header, jpeg);
                }
                Message::Text(text) => {
                    let said: Value = serde_json::from_str(&text).unwrap();
                    self.words.extend(said.as_object().unwrap().clone());
                }
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Frames until a word of this kind is as `is_it` wants it.
    fn until(&mut self, kind: &str, is_it: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        while !self.words.get(kind).is_some_and(&is_it) {
            assert!(began.elapsed() < SOON, "{kind}: {:?}", self.words);
            self.frame();
        }
    }
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

fn count(unit: &Unit, event: &str) -> usize {
    unit.events(event).len()
}

/// How long a reader takes nothing.
const STALL: Duration = Duration::from_secs(3);

/// How long `curl` reads.
const CURL_SECONDS: &str = "3";

/// `curl` and `ffmpeg` read the MJPEG; a reader that stalls gets what was on its way, then what is new.
fn read_pictures(person: &Person, id: &str) {
    let path = format!("/api/v1/units/{id}/live.mjpeg");
    let cookie = &person.fields()[2].1;
    let curl = Command::new("curl")
        .args(["--silent", "--no-buffer", "--max-time", CURL_SECONDS])
        .args(["--dump-header", "/dev/stderr", "--header", &format!("Cookie: {cookie}")])
        .arg(format!("http://{}{path}", person.authority()))
        .output()
        .expect("curl is there: `cargo xtask test` installs it");
    let told = String::from_utf8_lossy(&curl.stderr);
    let is_named = told.contains("multipart/x-mixed-replace; boundary=picture");
    let count = curl.stdout.windows(9).filter(|part| part == b"--picture").count();
    let is_jpeg = curl.stdout.windows(4).any(|part| part == b"\r\n\xff\xd8");
    assert!(is_named && count >= 5 && is_jpeg, "{count} pictures: {told}");
    let ffmpeg = Command::new("ffmpeg")
        .args(["-v", "error", "-headers", &format!("Cookie: {cookie}\r\n"), "-f", "mpjpeg"])
        .args(["-i", &format!("http://{}{path}", person.authority())])
        .args(["-frames:v", "5", "-f", "framecrc", "-"])
        .output()
        .expect("ffmpeg is there: `cargo xtask test` installs it");
    let told = String::from_utf8_lossy(&ffmpeg.stdout);
    let count = told.lines().filter(|line| !line.starts_with('#')).count();
    assert!(
        ffmpeg.status.success() && count == 5,
        "{told}{}",
        String::from_utf8_lossy(&ffmpeg.stderr)
    );

    let mut stream = TcpStream::connect(person.authority()).unwrap();
    rustix::net::sockopt::set_socket_recv_buffer_size(&stream, 16 * 1024).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let authority = person.authority();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {authority}\r\nCookie: {cookie}\r\n\r\n").unwrap();
    let mut pictures = 0;
    let mut read_until = |until: &dyn Fn(usize) -> bool| {
        let mut bytes = vec![0; 64 * 1024];
        while !until(pictures) {
            let count = stream.read(&mut bytes).expect("more comes soon");
            assert_ne!(count, 0, "the answer goes on");
            pictures += bytes[..count].windows(9).filter(|part| part == b"--picture").count();
        }
        pictures
    };
    let before = read_until(&|pictures| pictures >= 5);
    std::thread::sleep(STALL);
    let again = Instant::now();
    let after = read_until(&|_| again.elapsed() >= Duration::from_secs(1));
    // Ten a second came meanwhile; what waited for the reader was less than four.
    assert!(after - before < 15, "{} pictures after a stall", after - before);
    assert!(after - before > 4, "{} pictures after a stall", after - before);
}

#[test]
fn who_looks_sees_the_scene_as_it_is_now_and_the_unit_rests_when_nobody_does() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut server = Server::at_home(folder.path());
    let mut unit = Unit::new("live", &folder.path().join("unit"));
    unit.enrol(&server.claim());
    let hornets = "hover@4+60".to_owned();
    let watched = Watched { preset: "garden", seed: 21, hornets, bees: None, seconds: 90 };
    unit.start(&watched, Start::default());
    unit.arm();
    let open = unit.running().line(SOON, |line| is_event(line, "channel_open"));
    open.unwrap_or_else(|why| panic!("no channel: {why}"));
    let person = server.owner();
    let units = person.get("/api/v1/units").json();
    let id = units["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{units}")).to_owned();

    let mut viewer = Viewer::open(&person, &id);
    viewer.until("clock", |clock| clock["state"] == "synchronised");
    viewer.until("guard_state", |guard| guard["is_armed"] == true);
    viewer.until("frame_facts", |facts| {
        facts["tracks"].as_array().is_some_and(|tracks| tracks.iter().any(|one| one[5] == true))
    });
    let mut another = Viewer::open(&person, &id);
    let began = Instant::now();
    let (mut last, mut ages_us) = (0, Vec::new());
    for _ in 0..30 {
        let (header, jpeg) = viewer.frame();
        let luma = crate::avi::decode(&jpeg).unwrap();
        assert_eq!((luma.width, luma.height), (640, 480));
        assert!(last < header.sequence, "{last} then {}", header.sequence);
        last = header.sequence;
        let clock = &viewer.words["clock"];
        let wall_us = clock["wall"]["ms"].as_i64().unwrap() * 1_000;
        let uptime_us = clock["uptime_us"].as_i64().unwrap();
        let captured_us = i64::try_from(header.captured_at.micros()).unwrap();
        ages_us.push(now_us() - (wall_us + captured_us - uptime_us));
        another.frame();
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(8), "30 frames in {took:?}");
    ages_us.sort_unstable();
    assert!(ages_us[15] < 1_000_000, "half of the frames are older than {} µs", ages_us[15]);
    let clock = &viewer.words["server_clock"];
    assert!(clock["received_us"].as_i64() <= clock["answered_us"].as_i64());
    assert_eq!(count(&unit, "live_began"), 1, "one uplink serves both");
    println!("median age {} ms, 30 frames in {took:?}", ages_us[15] / 1_000);

    read_pictures(&person, &id);

    // A program without WebSockets, while somebody looks and when nobody else does.
    let picture = || person.get(&format!("/api/v1/units/{id}/live.jpg"));
    assert!(picture().body.starts_with(&[0xff, 0xd8]));
    drop(viewer);
    another.frame();
    let left = Instant::now();
    drop(another);
    wait_until(|| unit.account(), SOON, || count(&unit, "live_ended") == 1);
    assert!(left.elapsed() < LEFT_MAX, "{:?}", left.elapsed());
    assert!(picture().body.starts_with(&[0xff, 0xd8]));
    assert_eq!(count(&unit, "live_began"), 2);

    // A server that is started again: who looks then sees again.
    server.terminate(SOON);
    server.start(None);
    let mut viewer = Viewer::open(&person, &id);
    viewer.frame();
    unit.terminate();
}
