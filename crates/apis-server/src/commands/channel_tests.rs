//! The control channel over a real socket: commands at once, and cut off at once.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::StatusCode;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message as Frame;

use apis_protocol::channel::{FromUnit, ToUnit};
use apis_protocol::command::{Command, CommandKind, CommandOutcome, CommandResult};
use apis_protocol::message::Message as _;
use apis_protocol::records::RecordTime;
use apis_protocol::route;
use apis_server_api::members::Role;
use apis_units::Uptime;

use crate::testing::{Answer, Browser, Socket, TestUnit, World, closed, in_each_world, listen};

/// Longest wait for what must come at once.
const SOON: Duration = Duration::from_secs(10);

type Channel = Socket;

async fn open(unit: &TestUnit, address: SocketAddr) -> Result<Channel, Answer> {
    unit.shake(address, unit.sign("GET", route::CHANNEL, &[], Vec::new())).await
}

async fn next_command(unit: &TestUnit, channel: &mut Channel) -> Command {
    loop {
        let frame = tokio::time::timeout(SOON, channel.next()).await.expect("a command comes soon");
        let Frame::Text(text) = frame.unwrap().unwrap() else { continue };
        let ToUnit::Command(envelope) = ToUnit::read(text.as_bytes()).unwrap() else {
            panic!("{text}")
        };
        return envelope.open(unit.enrolled.as_ref().unwrap().tenant_key).unwrap();
    }
}

/// Says that a command was acted on.
async fn send_done(channel: &mut Channel, command: &Command) {
    let at = RecordTime { boot: 1, uptime: Uptime::from_micros(1), wall: None };
    let outcome = CommandOutcome::Done;
    let result = CommandResult { number: command.number, at, outcome };
    let text = String::from_utf8(FromUnit::CommandResult(result).write()).unwrap();
    channel.send(Frame::Text(text.into())).await.unwrap();
}

async fn house(world: &World) -> (TestUnit, Browser, SocketAddr) {
    let tenant = world.tenant("House").await;
    let owner = world.member(tenant, Role::Owner).await;
    (world.unit(tenant).await, owner, listen(&world.units).await)
}

async fn give(owner: &Browser, unit: &TestUnit, kind: &str) -> String {
    let path = format!("/api/v1/units/{}/commands", unit.id.unwrap());
    let made = owner.post(&path, &json!({ "kind": kind })).await.ok();
    format!("{path}/{}", made["id"].as_str().unwrap())
}

/// Asks until a command has ended, and says as what.
async fn end(owner: &Browser, path: &str) -> String {
    let ended = async {
        loop {
            let state = owner.get(path).await.ok()["state"].as_str().unwrap().to_owned();
            if state != "waiting" && state != "sent" {
                return state;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, ended).await.expect("the command ends soon")
}

#[tokio::test]
async fn a_command_goes_over_the_channel_and_its_result_comes_back() {
    in_each_world(async |world| {
        let (unit, owner, address) = house(world).await;
        // One was given before the unit listened.
        let early = give(&owner, &unit, "locate").await;
        let mut channel = open(&unit, address).await.unwrap();
        let first = next_command(&unit, &mut channel).await;
        assert_eq!(first.kind, CommandKind::Locate);
        let shown = owner.get(&format!("/api/v1/units/{}", unit.id.unwrap())).await.ok();
        assert_eq!(shown["listens"], true);

        let later = give(&owner, &unit, "disarm").await;
        let second = next_command(&unit, &mut channel).await;
        assert_eq!(second.kind, CommandKind::Disarm);
        assert!(first.number < second.number);
        for command in [first, second] {
            send_done(&mut channel, &command).await;
        }
        assert_eq!(end(&owner, &early).await, "located");
        assert_eq!(end(&owner, &later).await, "disarmed");
    })
    .await;
}

#[tokio::test]
async fn releasing_a_unit_closes_its_channel_and_opens_no_other() {
    in_each_world(async |world| {
        let (unit, owner, address) = house(world).await;
        let mut channel = open(&unit, address).await.unwrap();
        give(&owner, &unit, "locate").await;
        next_command(&unit, &mut channel).await;
        let path = format!("/api/v1/units/{}/release", unit.id.unwrap());
        owner.post(&path, &json!({})).await.ok();
        closed(&mut channel).await;
        assert_eq!(open(&unit, address).await.unwrap_err().status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn a_newer_channel_takes_the_place_of_an_older() {
    in_each_world(async |world| {
        let (unit, owner, address) = house(world).await;
        let mut older = open(&unit, address).await.unwrap();
        give(&owner, &unit, "locate").await;
        next_command(&unit, &mut older).await;
        let mut newer = open(&unit, address).await.unwrap();
        closed(&mut older).await;
        // What has no result is sent again, with the same number.
        next_command(&unit, &mut newer).await;
        give(&owner, &unit, "disarm").await;
        assert_eq!(next_command(&unit, &mut newer).await.kind, CommandKind::Disarm);
    })
    .await;
}

#[tokio::test]
async fn a_channel_is_signed_and_speaks_the_protocol() {
    in_each_world(async |world| {
        let (unit, _, address) = house(world).await;
        let sent = unit.sign("GET", route::CHANNEL, &[], Vec::new());
        let unsigned = unit.shake(address, sent.clone().with("signature", None)).await;
        assert_eq!(unsigned.unwrap_err().status, StatusCode::UNAUTHORIZED);
        let mut channel = unit.shake(address, sent.clone()).await.unwrap();
        assert_eq!(unit.shake(address, sent).await.unwrap_err().status, StatusCode::UNAUTHORIZED);
        channel.send(Frame::Text("{\"dance\":1}".into())).await.unwrap();
        closed(&mut channel).await;
    })
    .await;
}

#[tokio::test]
async fn a_unit_released_by_another_process_loses_its_channel() {
    in_each_world(async |world| {
        let (unit, owner, address) = house(world).await;
        let elsewhere = world.replica().await;
        let mut channel = open(&unit, address).await.unwrap();
        let given = give(&owner, &unit, "locate").await;
        let command = next_command(&unit, &mut channel).await;
        let path = format!("/api/v1/units/{}/release", unit.id.unwrap());
        owner.clone().at(&elsewhere).post(&path, &json!({})).await.ok();

        // What it still says is not taken, however soon it says it.
        send_done(&mut channel, &command).await;
        closed(&mut channel).await;
        assert_eq!(owner.get(&given).await.ok()["state"], "sent");
        assert_eq!(open(&unit, address).await.unwrap_err().status, StatusCode::FORBIDDEN);
        elsewhere.app.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_silent_channel_of_a_unit_released_by_another_process_is_closed_soon() {
    in_each_world(async |world| {
        let (unit, owner, address) = house(world).await;
        let elsewhere = world.replica().await;
        let mut channel = open(&unit, address).await.unwrap();
        give(&owner, &unit, "locate").await;
        next_command(&unit, &mut channel).await;
        let path = format!("/api/v1/units/{}/release", unit.id.unwrap());
        owner.clone().at(&elsewhere).post(&path, &json!({})).await.ok();
        closed(&mut channel).await;
        elsewhere.app.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_command_given_at_another_process_comes_over_the_channel() {
    in_each_world(async |world| {
        let (unit, owner, address) = house(world).await;
        let elsewhere = world.replica().await;
        let mut channel = open(&unit, address).await.unwrap();
        give(&owner, &unit, "locate").await;
        next_command(&unit, &mut channel).await;
        let there = give(&owner.clone().at(&elsewhere), &unit, "disarm").await;
        let command = next_command(&unit, &mut channel).await;
        assert_eq!(command.kind, CommandKind::Disarm);
        send_done(&mut channel, &command).await;
        assert_eq!(end(&owner, &there).await, "disarmed");
        elsewhere.app.db.close().await;
    })
    .await;
}
