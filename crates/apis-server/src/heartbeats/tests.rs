//! A heartbeat is seen at once, written behind, and answered with what the unit must know.

use std::time::Duration;

use apis_protocol::Generation;
use apis_protocol::heartbeat::{HeartbeatAnswer, ServerClock};
use apis_protocol::route;
use apis_protocol::settings::Settings;
use apis_server_api::members::Role;

use crate::testing::{START, World, in_each_world};

#[tokio::test]
async fn people_see_how_a_unit_is_and_how_fresh_that_is() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let unit = world.unit(tenant).await;
        let reader = world.member(tenant, Role::Read).await;
        let path = format!("/api/v1/units/{}", unit.id.unwrap());
        unit.beat().await.message::<HeartbeatAnswer>();
        let shown = reader.get(&path).await.ok();
        assert_eq!(shown["liveness"], "online");
        assert_eq!(shown["state"]["temperature_mc"], 41_000);
        assert_eq!(shown["state"]["uptime_ms"], 90_000);
        world.app.clock.advance(Duration::from_millis(150_001));
        assert_eq!(reader.get(&path).await.ok()["liveness"], "late");
        world.app.clock.advance(Duration::from_secs(600));
        assert_eq!(reader.get(&path).await.ok()["liveness"], "offline");
    })
    .await;
}

#[tokio::test]
async fn the_last_state_survives_a_restart() {
    for database in apis_testkit::database::TestDatabase::on_each_engine() {
        let world = World::new(database).await;
        let tenant = world.tenant("House").await;
        let unit = world.unit(tenant).await;
        unit.beat().await.message::<HeartbeatAnswer>();
        let world = world.restarted().await;
        let reader = world.member(tenant, Role::Read).await;
        let shown = reader.get(&format!("/api/v1/units/{}", unit.id.unwrap())).await.ok();
        assert_eq!(shown["state"]["temperature_mc"], 41_000);
        world.app.db.close().await;
    }
}

#[tokio::test]
async fn settings_come_until_the_unit_runs_them() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let unit = world.unit(tenant).await;
        let enrolled = unit.enrolled.clone().unwrap();
        let answer: HeartbeatAnswer = unit.beat().await.message();
        let settings: Settings = answer.settings.unwrap().open(enrolled.tenant_key).unwrap();
        let mut report = unit.report();
        report.settings_generation = Some(settings.generation);
        let answer = unit.send(unit.post(route::HEARTBEAT, &report)).await;
        assert_eq!(answer.message::<HeartbeatAnswer>().settings, None);
        // A unit that runs what the server does not know (a restored server) hears it again.
        report.settings_generation = Generation::new(settings.generation.get() + 5);
        let answer = unit.send(unit.post(route::HEARTBEAT, &report)).await;
        assert!(answer.message::<HeartbeatAnswer>().settings.is_some());
    })
    .await;
}

#[tokio::test]
async fn the_clock_exchange_tells_the_servers_time_while_it_can_be_right() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let unit = world.unit(tenant).await;
        let answer: HeartbeatAnswer = unit.beat().await.message();
        assert_eq!(answer.clock.sent.micros(), 90_000_000);
        let micros = START.0 * 1_000;
        let expected = ServerClock::Plausible { received_us: micros, answered_us: micros };
        assert_eq!(answer.clock.server, expected);
        // Somebody put the clock on by a day and back again: it is believed no more.
        let moment = &world.app.units.newest_moment;
        assert!(moment.is_plausible(START.plus(Duration::from_secs(86_400))));
        let answer: HeartbeatAnswer = unit.beat().await.message();
        assert_eq!(answer.clock.server, ServerClock::Implausible);
    })
    .await;
}

#[tokio::test]
async fn a_unit_of_another_protocol_is_told_so() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let unit = world.unit(tenant).await;
        let mut report = unit.report();
        report.protocol = 999;
        let answer = unit.send(unit.post(route::HEARTBEAT, &report)).await;
        assert_eq!(answer.refusal(), (426, "protocol_unsupported".to_owned()));
    })
    .await;
}
