//! Live video over real sockets: one uplink, any number of viewers, and cut off at once.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use apis_protocol::bounded::Token;
use apis_protocol::channel::ToUnit;
use apis_protocol::live::{FrameHeader, FromLiveUnit, GuardState, ToLiveUnit};
use apis_protocol::message::Message as _;
use apis_protocol::route;
use apis_server_api::members::Role;
use apis_units::Uptime;

use crate::testing::{Browser, Socket, TestUnit, World, closed, in_each_world, listen};

/// Longest wait for what must come at once.
const SOON: Duration = Duration::from_secs(10);

struct House {
    unit: TestUnit,
    owner: Browser,
    units: SocketAddr,
    people: SocketAddr,
}

impl House {
    async fn of(world: &World) -> House {
        let tenant = world.tenant("House").await;
        let owner = world.member(tenant, Role::Owner).await;
        let unit = world.unit(tenant).await;
        let (units, people) = (listen(&world.units).await, listen(&world.people).await);
        House { unit, owner, units, people }
    }

    fn path(&self, end: &str) -> String {
        format!("/api/v1/units/{}/{end}", self.unit.id.unwrap())
    }

    async fn channel(&self) -> Socket {
        let sent = self.unit.sign("GET", route::CHANNEL, &[], Vec::new());
        self.unit.shake(self.units, sent).await.unwrap()
    }

    async fn uplink(&self) -> Socket {
        let sent = self.unit.sign("GET", route::LIVE, &[], Vec::new());
        self.unit.shake(self.units, sent).await.unwrap()
    }

    async fn viewer(&self) -> Socket {
        self.owner.shake(self.people, &self.path("live")).await.unwrap()
    }

    /// The unit's channel, its uplink, and somebody who looks.
    async fn stream(&self) -> (Socket, Socket, Socket) {
        let mut channel = self.channel().await;
        let viewer = self.viewer().await;
        asked(&mut channel).await;
        (channel, self.uplink().await, viewer)
    }
}

/// Waits until the unit is asked for video.
async fn asked(channel: &mut Socket) {
    let asked = async {
        while let Some(message) = channel.next().await {
            let Message::Text(text) = message.unwrap() else { continue };
            if ToUnit::read(text.as_bytes()).unwrap() == (ToUnit::Live {}) {
                return;
            }
        }
        panic!("the channel was closed");
    };
    tokio::time::timeout(SOON, asked).await.expect("the unit is asked soon");
}

fn frame(sequence: u64) -> Message {
    let header =
        FrameHeader { jpeg_bytes: 4, sequence, captured_at: Uptime::from_micros(sequence * 1_000) };
    let mut message = header.to_bytes().to_vec();
    message.extend_from_slice(b"JPEG");
    Message::Binary(message.into())
}

/// Sends a frame and waits for its acknowledgement.
async fn send(uplink: &mut Socket, sequence: u64) {
    uplink.send(frame(sequence)).await.unwrap();
    let acknowledged = async {
        while let Some(message) = uplink.next().await {
            let Message::Text(text) = message.unwrap() else { continue };
            let ToLiveUnit::Acknowledgement { sequence } =
                ToLiveUnit::read(text.as_bytes()).unwrap();
            return sequence;
        }
        panic!("the uplink was closed");
    };
    let newest = tokio::time::timeout(SOON, acknowledged).await.expect("it is acknowledged soon");
    assert_eq!(newest, sequence);
}

/// The number of the next frame a viewer is sent, and the words before it.
async fn next_frame(viewer: &mut Socket) -> (u64, Vec<Value>) {
    let mut words = Vec::new();
    let next = async {
        loop {
            match viewer.next().await.expect("the viewer is not cut off").unwrap() {
                Message::Binary(bytes) => {
                    let (header, jpeg) = FrameHeader::split(&bytes).unwrap();
                    assert_eq!(jpeg, b"JPEG");
                    return header.sequence;
                }
                Message::Text(text) => words.push(serde_json::from_str(&text).unwrap()),
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
            }
        }
    };
    let sequence = tokio::time::timeout(SOON, next).await.expect("a frame comes soon");
    (sequence, words)
}

/// Waits for a word of this name.
async fn word(viewer: &mut Socket, name: &str) -> Value {
    let said = async {
        loop {
            let message = viewer.next().await.expect("the viewer is not cut off").unwrap();
            let Message::Text(text) = message else { continue };
            let said: Value = serde_json::from_str(&text).unwrap();
            if let Some(value) = said.get(name) {
                return value.clone();
            }
        }
    };
    tokio::time::timeout(SOON, said).await.unwrap_or_else(|_| panic!("{name} is said soon"))
}

/// Waits until the viewer is told whether the unit sends; it is told the same again and again.
async fn told_to_send(viewer: &mut Socket, is_sending: bool) {
    while word(viewer, "stream").await["is_sending"] != is_sending {}
}

async fn acknowledge(viewer: &mut Socket, sequence: u64) {
    let text = json!({ "acknowledgement": { "sequence": sequence, "sent_us": 7 } }).to_string();
    viewer.send(Message::Text(text.into())).await.unwrap();
}

#[tokio::test]
async fn one_uplink_serves_every_viewer_and_is_closed_soon_after_the_last_has_left() {
    in_each_world(async |world| {
        let house = House::of(world).await;
        let (_channel, mut uplink, mut first) = house.stream().await;
        let mut second = house.viewer().await;
        send(&mut uplink, 1).await;
        assert_eq!(next_frame(&mut first).await.0, 1);
        assert_eq!(next_frame(&mut second).await.0, 1);
        first.close(None).await.unwrap();
        send(&mut uplink, 2).await;
        assert_eq!(next_frame(&mut second).await.0, 2);

        let left = Instant::now();
        second.close(None).await.unwrap();
        closed(&mut uplink).await;
        assert!(left.elapsed() <= Duration::from_secs(2), "{:?}", left.elapsed());
        // Nobody looks: an uplink that nobody asked for is closed at once.
        closed(&mut house.uplink().await).await;
    })
    .await;
}

#[tokio::test]
async fn a_unit_that_lost_its_power_is_asked_again_long_before_its_uplink_is_given_up() {
    let world = World::new(apis_testkit::database::TestDatabase::sqlite()).await;
    let house = House::of(&world).await;
    let (_channel, mut uplink, mut viewer) = house.stream().await;
    send(&mut uplink, 1).await;
    assert_eq!(next_frame(&mut viewer).await.0, 1);
    // Nothing ends the old uplink: its unit is up again and knows nothing of it.
    let mut channel = house.channel().await;
    asked(&mut channel).await;
    let mut again = house.uplink().await;
    send(&mut again, 1).await;
    assert_eq!(next_frame(&mut viewer).await.0, 1);
    drop(uplink);
    world.app.db.close().await;
}

/// From a viewer's last word until it is given up, and some for a busy machine.
const GONE_MAX: Duration = Duration::from_secs(45);

#[tokio::test]
async fn viewers_that_vanished_without_a_word_do_not_keep_the_unit_sending() {
    let world = World::new(apis_testkit::database::TestDatabase::sqlite()).await;
    let house = House::of(&world).await;
    let (_channel, mut uplink, mut viewer) = house.stream().await;
    send(&mut uplink, 1).await;
    assert_eq!(next_frame(&mut viewer).await.0, 1);
    // It reads no more, and so answers no ping; its connection stays open.
    let vanished = Instant::now();
    let until_over = async {
        let mut sequence = 1;
        while uplink_goes_on(&mut uplink).await {
            sequence += 1;
            // A camera that goes on: who reads nothing is sent no more than two of them.
            let _ = uplink.send(frame(sequence)).await;
        }
    };
    tokio::time::timeout(GONE_MAX, until_over).await.expect("the unit may rest");
    assert!(super::view::GONE <= vanished.elapsed(), "{:?}", vanished.elapsed());
    drop(viewer);
    world.app.db.close().await;
}

/// Whether the server has not closed it, after half a second of whatever it says.
async fn uplink_goes_on(uplink: &mut Socket) -> bool {
    let closed = async {
        loop {
            match uplink.next().await {
                None | Some(Err(_) | Ok(Message::Close(_))) => return,
                Some(Ok(_)) => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_millis(500), closed).await.is_err()
}

#[tokio::test]
async fn a_viewer_that_does_not_acknowledge_gets_two_frames_and_then_the_newest() {
    in_each_world(async |world| {
        let house = House::of(world).await;
        let (_channel, mut uplink, mut slow) = house.stream().await;
        let mut quick = house.viewer().await;
        for sequence in 1..=6 {
            send(&mut uplink, sequence).await;
            assert_eq!(next_frame(&mut quick).await.0, sequence, "nobody waits for the slow one");
            acknowledge(&mut quick, sequence).await;
            if sequence <= 2 {
                assert_eq!(next_frame(&mut slow).await.0, sequence);
            }
        }
        acknowledge(&mut slow, 2).await;
        let (sequence, words) = next_frame(&mut slow).await;
        assert_eq!(sequence, 6);
        let clock = words.iter().find_map(|said| said.get("server_clock")).expect("it is answered");
        assert_eq!(clock["sent_us"], 7);
        assert!(clock["received_us"].as_i64() <= clock["answered_us"].as_i64());
        assert_eq!(word(&mut slow, "skipped").await["count"], 3);
    })
    .await;
}

#[tokio::test]
async fn what_the_unit_says_beside_frames_is_passed_on_and_told_to_who_comes_later() {
    in_each_world(async |world| {
        let house = House::of(world).await;
        let (_channel, mut uplink, mut viewer) = house.stream().await;
        let state = GuardState {
            is_armed: true,
            reason: Token::new("button").unwrap(),
            is_line_on: false,
            refusal: None,
        };
        let text = String::from_utf8(FromLiveUnit::GuardState(state).write()).unwrap();
        uplink.send(Message::Text(text.into())).await.unwrap();
        assert_eq!(word(&mut viewer, "guard_state").await["reason"], "button");
        let mut later = house.viewer().await;
        assert_eq!(word(&mut later, "stream").await["is_sending"], true);
        assert_eq!(word(&mut later, "guard_state").await["is_armed"], true);
    })
    .await;
}

#[tokio::test]
async fn a_lost_uplink_is_told_and_asked_for_again() {
    in_each_world(async |world| {
        let house = House::of(world).await;
        let (mut channel, mut uplink, mut viewer) = house.stream().await;
        send(&mut uplink, 1).await;
        assert_eq!(next_frame(&mut viewer).await.0, 1);
        for nonsense in [Message::Binary(b"no frame".to_vec().into()), frame(1)] {
            uplink.send(nonsense).await.unwrap();
            closed(&mut uplink).await;
            told_to_send(&mut viewer, false).await;
            asked(&mut channel).await;
            uplink = house.uplink().await;
            told_to_send(&mut viewer, true).await;
            send(&mut uplink, 1).await;
            assert_eq!(next_frame(&mut viewer).await.0, 1, "a new uplink counts anew");
        }
        // A unit that opens another one means it.
        let mut newer = house.uplink().await;
        closed(&mut uplink).await;
        send(&mut newer, 9).await;
        assert_eq!(next_frame(&mut viewer).await.0, 9);
    })
    .await;
}

#[tokio::test]
async fn a_released_unit_and_a_session_that_is_over_are_cut_off() {
    in_each_world(async |world| {
        let house = House::of(world).await;
        let (_channel, mut uplink, mut viewer) = house.stream().await;
        let tenant = house.owner.tenant.unwrap();
        let other = world.member(tenant, Role::Read).await;
        let mut others = other.shake(house.people, &house.path("live")).await.unwrap();
        let member = format!("/api/v1/members/{}", other.account.unwrap());
        house.owner.delete(&member).await.ok();
        closed(&mut others).await;
        let again = other.shake(house.people, &house.path("live")).await;
        assert_eq!(again.unwrap_err().refusal(), (401, "sign_in_needed".into()));

        send(&mut uplink, 1).await;
        assert_eq!(next_frame(&mut viewer).await.0, 1, "who stays a member goes on looking");
        house.owner.post(&house.path("release"), &Value::Null).await.ok();
        closed(&mut viewer).await;
        closed(&mut uplink).await;
        let again = house.owner.shake(house.people, &house.path("live")).await;
        assert_eq!(again.unwrap_err().refusal(), (404, "not_found".into()));
    })
    .await;
}

#[tokio::test]
async fn a_page_of_another_origin_sees_nothing() {
    in_each_world(async |world| {
        let house = House::of(world).await;
        let evil = "https://evil.example";
        let path = house.path("live");
        let opened = house.owner.shake_from(house.people, &path, evil).await;
        assert_eq!(opened.unwrap_err().refusal(), (403, "foreign_origin".into()));
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_is_the_next_frame_and_a_silent_unit_is_said_to_be_silent() {
    in_each_world(async |world| {
        let house = House::of(world).await;
        let mut channel = house.channel().await;
        let path = house.path("live.jpg");
        let (answer, ()) = tokio::join!(house.owner.get(&path), async {
            asked(&mut channel).await;
            send(&mut house.uplink().await, 1).await;
        });
        assert_eq!((answer.status, &answer.bytes[..]), (StatusCode::OK, &b"JPEG"[..]));
        assert_eq!(answer.headers["content-type"], "image/jpeg");
        assert_eq!(answer.headers["cache-control"], "no-store");
        drop(channel);
        assert_eq!(house.owner.get(&path).await.refusal(), (504, "unit_silent".into()));
    })
    .await;
}

/// The bytes of an answer that does not end until `count` pictures came, or until it ends.
async fn pictures(body: &mut axum::body::BodyDataStream, count: usize) -> String {
    let mut text = String::new();
    let read = async {
        while text.matches("JPEG\r\n--picture").count() < count {
            let Some(part) = body.next().await else { break };
            text.push_str(std::str::from_utf8(&part.unwrap()).unwrap());
        }
    };
    tokio::time::timeout(SOON, read).await.expect("pictures come soon");
    text
}

#[tokio::test]
async fn a_program_reads_pictures_one_after_the_other_until_it_may_no_more() {
    in_each_world(async |world| {
        let house = House::of(world).await;
        let mut channel = house.channel().await;
        let answer = house.owner.open(&house.path("live.mjpeg")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let media_type = &answer.headers()["content-type"];
        assert_eq!(media_type, "multipart/x-mixed-replace; boundary=picture");
        let mut body = answer.into_body().into_data_stream();
        let first = async { pictures(&mut body, 1).await };
        let (text, mut uplink) = tokio::join!(first, async {
            asked(&mut channel).await;
            let mut uplink = house.uplink().await;
            send(&mut uplink, 1).await;
            uplink
        });
        let fields = "Content-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n";
        assert_eq!(text, format!("--picture\r\n{fields}JPEG\r\n--picture\r\n"));
        let (text, ()) = tokio::join!(pictures(&mut body, 1), send(&mut uplink, 2));
        assert_eq!(text, format!("{fields}JPEG\r\n--picture\r\n"));

        house.owner.post(&house.path("release"), &Value::Null).await.ok();
        assert_eq!(pictures(&mut body, 1).await, "");
        closed(&mut uplink).await;
    })
    .await;
}

#[tokio::test]
async fn a_reader_whose_session_is_over_is_cut_off_and_one_that_left_is_not_waited_for() {
    in_each_world(async |world| {
        let house = House::of(world).await;
        let tenant = house.owner.tenant.unwrap();
        let other = world.member(tenant, Role::Read).await;
        let (_channel, mut uplink, viewer) = house.stream().await;
        let body = async |browser: &Browser| {
            browser.open(&house.path("live.mjpeg")).await.into_body().into_data_stream()
        };
        let (mut others, own) = (body(&other).await, body(&house.owner).await);
        drop(viewer);
        tokio::join!(pictures(&mut others, 1), send(&mut uplink, 1));
        let member = format!("/api/v1/members/{}", other.account.unwrap());
        house.owner.delete(&member).await.ok();
        assert_eq!(pictures(&mut others, 1).await, "");
        send(&mut uplink, 2).await;
        drop(own);
        closed(&mut uplink).await;
    })
    .await;
}

/// A stream token of the house's unit, made by `maker`: its id and the token.
async fn stream_token(house: &House, maker: &Browser) -> (String, String) {
    let made = maker.post(&house.path("stream-tokens"), &json!({ "name": "Wall" })).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let made = made.ok();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    assert_eq!(text("path"), house.path(&format!("live.mjpeg?token={}", text("token"))));
    (text("id"), text("token"))
}

#[tokio::test]
async fn a_program_that_cannot_sign_in_looks_by_a_token_until_it_is_taken_back() {
    in_each_world(async |world| {
        let house = House::of(world).await;
        let tenant = house.owner.tenant.unwrap();
        let (_channel, mut uplink, viewer) = house.stream().await;
        let (id, token) = stream_token(&house, &house.owner).await;
        let listed = house.owner.get(&house.path("stream-tokens")).await;
        assert_eq!(listed.ok()["items"][0]["name"], "Wall");
        assert!(!String::from_utf8(listed.bytes).unwrap().contains(&token), "shown once");

        let program = world.browser();
        let path = |end: &str| house.path(&format!("{end}?token={token}"));
        let mut body = program.open(&path("live.mjpeg")).await.into_body().into_data_stream();
        drop(viewer);
        tokio::join!(pictures(&mut body, 1), send(&mut uplink, 1));
        let snapshot = path("live.jpg");
        let (snapshot, ()) = tokio::join!(program.get(&snapshot), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            send(&mut uplink, 2).await;
        });
        assert_eq!((snapshot.status, &snapshot.bytes[..]), (StatusCode::OK, &b"JPEG"[..]));

        // It opens nothing else: no other unit, no other path, and not without it.
        let other = world.unit(tenant).await.id.unwrap();
        let needed = (401, "sign_in_needed".to_owned());
        for path in [
            format!("/api/v1/units/{other}/live.jpg?token={token}"),
            house.path("live.jpg?token=guessed"),
            house.path("live.jpg"),
            format!("/api/v1/units?token={token}"),
            house.path(&format!("stream-tokens?token={token}")),
        ] {
            assert_eq!(program.get(&path).await.refusal(), needed, "{path}");
        }

        house.owner.delete(&house.path(&format!("stream-tokens/{id}"))).await.ok();
        // What was on its way when it was taken back may still come; then it ends.
        while !pictures(&mut body, 1).await.is_empty() {}
        assert_eq!(program.get(&path("live.jpg")).await.refusal(), needed);
        let again = house.owner.delete(&house.path(&format!("stream-tokens/{id}"))).await;
        assert_eq!(again.refusal(), (404, "not_found".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_token_is_worth_as_much_as_its_maker() {
    in_each_world(async |world| {
        let house = House::of(world).await;
        let tenant = house.owner.tenant.unwrap();
        let admin = world.member(tenant, Role::Admin).await;
        let (_channel, mut uplink, _viewer) = house.stream().await;
        let (_, token) = stream_token(&house, &admin).await;
        let path = house.path(&format!("live.mjpeg?token={token}"));
        let program = world.browser();
        let mut body = program.open(&path).await.into_body().into_data_stream();
        tokio::join!(pictures(&mut body, 1), send(&mut uplink, 1));
        let member = format!("/api/v1/members/{}", admin.account.unwrap());
        house.owner.delete(&member).await.ok();
        while !pictures(&mut body, 1).await.is_empty() {}
        assert_eq!(program.get(&path).await.refusal(), (401, "sign_in_needed".to_owned()));

        // Who may only look shares nothing.
        let reader = world.member(tenant, Role::Read).await;
        let refused = reader.post(&house.path("stream-tokens"), &json!({ "name": "Wall" })).await;
        assert_eq!(refused.refusal(), (403, "forbidden".to_owned()));
    })
    .await;
}
