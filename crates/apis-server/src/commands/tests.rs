//! A command reaches its unit once, by channel or heartbeat, and ends as the unit says.

use std::time::Duration;

use apis_protocol::bounded::Token;
use apis_protocol::command::{
    Command, CommandClock, CommandKind, CommandOutcome, CommandRefusal, CommandResult,
};
use apis_protocol::heartbeat::HeartbeatAnswer;
use apis_protocol::records::RecordTime;
use apis_protocol::route;
use apis_server_api::members::Role;
use apis_units::Uptime;
use serde_json::{Value, json};

use crate::testing::{Browser, TestUnit, World, in_each_world};

async fn house(world: &World) -> (TestUnit, Browser) {
    let tenant = world.tenant("House").await;
    (world.unit(tenant).await, world.member(tenant, Role::Member).await)
}

async fn give(member: &Browser, unit: &TestUnit, kind: &str) -> String {
    let path = format!("/api/v1/units/{}/commands", unit.id.unwrap());
    let made = member.post(&path, &json!({ "kind": kind })).await.ok();
    assert_eq!(made["state"], "waiting");
    format!("{path}/{}", made["id"].as_str().unwrap())
}

async fn state(member: &Browser, path: &str) -> Value {
    member.get(path).await.ok()["state"].clone()
}

/// One heartbeat: the commands it brought, opened.
async fn fetch(
    unit: &TestUnit,
    taken: Option<&Command>,
    results: Vec<CommandResult>,
) -> Vec<Command> {
    let mut report = unit.report();
    report.command_number = taken.map(|command| command.number);
    report.command_results = results;
    let answer = unit.send(unit.post(route::HEARTBEAT, &report)).await;
    let answer: HeartbeatAnswer = answer.message();
    let key = unit.enrolled.as_ref().unwrap().tenant_key;
    answer.commands.iter().map(|envelope| envelope.open(key).unwrap()).collect()
}

fn result(command: &Command, outcome: CommandOutcome) -> CommandResult {
    let at = RecordTime { boot: 1, uptime: Uptime::from_micros(91_000_000), wall: None };
    CommandResult { number: command.number, at, outcome }
}

#[tokio::test]
async fn a_command_comes_by_heartbeat_until_it_is_taken_and_ends_as_the_unit_says() {
    in_each_world(async |world| {
        let (unit, member) = house(world).await;
        let path = give(&member, &unit, "disarm").await;
        let got = fetch(&unit, None, Vec::new()).await;
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].kind, CommandKind::Disarm);
        got[0].check(unit.id.unwrap(), None, CommandClock::Unsynchronised).unwrap();
        assert_eq!(state(&member, &path).await, "sent");
        assert_eq!(fetch(&unit, None, Vec::new()).await, got, "a lost answer is sent again");

        let told = vec![result(&got[0], CommandOutcome::Done)];
        assert!(fetch(&unit, Some(&got[0]), told.clone()).await.is_empty());
        assert_eq!(state(&member, &path).await, "disarmed");
        let refused = vec![result(&got[0], CommandOutcome::Refused(Token::new("late").unwrap()))];
        fetch(&unit, Some(&got[0]), refused).await;
        assert_eq!(state(&member, &path).await, "disarmed", "the first word counts");
    })
    .await;
}

#[tokio::test]
async fn a_command_that_nobody_fetched_ends_as_unreachable_and_one_without_a_word_as_expired() {
    in_each_world(async |world| {
        let (unit, member) = house(world).await;
        let unseen = give(&member, &unit, "locate").await;
        world.app.clock.advance(Duration::from_secs(151));
        assert_eq!(state(&member, &unseen).await, "unreachable");
        assert!(fetch(&unit, None, Vec::new()).await.is_empty());
        let seen = give(&member, &unit, "arm").await;
        assert_eq!(fetch(&unit, None, Vec::new()).await.len(), 1);
        world.app.clock.advance(Duration::from_secs(151));
        assert_eq!(state(&member, &seen).await, "expired");
    })
    .await;
}

#[tokio::test]
async fn arming_may_need_the_button_first() {
    in_each_world(async |world| {
        let (unit, member) = house(world).await;
        let path = give(&member, &unit, "arm").await;
        let got = fetch(&unit, None, Vec::new()).await;
        let needs = CommandOutcome::Refused(Token::new("needs_local_press").unwrap());
        fetch(&unit, Some(&got[0]), vec![result(&got[0], needs)]).await;
        assert_eq!(state(&member, &path).await, "needs_local_press");
    })
    .await;
}

#[tokio::test]
async fn numbers_rise_and_a_unit_refuses_what_is_replayed_or_anothers() {
    in_each_world(async |world| {
        let (unit, member) = house(world).await;
        give(&member, &unit, "locate").await;
        give(&member, &unit, "disarm").await;
        let got = fetch(&unit, None, Vec::new()).await;
        assert!(got[0].number < got[1].number);
        let (mine, last) = (unit.id.unwrap(), Some(got[1].number));
        let clock = CommandClock::Unsynchronised;
        assert_eq!(got[0].check(mine, last, clock), Err(CommandRefusal::Replayed));
        let other = apis_protocol::UnitId::from_bytes([8; 16]);
        assert_eq!(got[0].check(other, None, clock), Err(CommandRefusal::OtherUnit));
    })
    .await;
}

#[tokio::test]
async fn only_members_of_the_tenant_who_may_command_do() {
    in_each_world(async |world| {
        let (unit, member) = house(world).await;
        let path = give(&member, &unit, "locate").await;
        let reader = world.member(member.tenant.unwrap(), Role::Read).await;
        let made = format!("/api/v1/units/{}/commands", unit.id.unwrap());
        let refused = reader.post(&made, &json!({ "kind": "arm" })).await;
        assert_eq!(refused.refusal(), (403, "forbidden".to_owned()));
        assert_eq!(state(&reader, &path).await, "waiting");
        let (_, stranger) = house(world).await;
        let refused = stranger.post(&made, &json!({ "kind": "arm" })).await;
        assert_eq!(refused.refusal(), (404, "not_found".to_owned()));
        assert_eq!(stranger.get(&path).await.refusal(), (404, "not_found".to_owned()));
    })
    .await;
}
