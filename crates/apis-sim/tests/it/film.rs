//! Real pictures: the server must hold exactly the visits that the units told of.
//!
//! The footage is no part of the repository; `APIS_FOOTAGE` names its folder where it is there.

use crate::held::visits;
use crate::proof::is_all_safe;
use crate::server::{Engine, Server};
use crate::stage;
use crate::unit::{Unit, is_event, wait_until};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[test]
fn on_sqlite_the_server_holds_the_visits_that_units_saw_in_footage() {
    let _stage = stage();
    watch(Engine::Sqlite);
}

#[test]
fn on_postgres_the_server_holds_the_visits_that_units_saw_in_footage() {
    let _stage = stage();
    watch(Engine::Postgres);
}

fn watch(engine: Engine) {
    let Some(footage) = std::env::var_os("APIS_FOOTAGE") else {
        println!("APIS_FOOTAGE is not set: no footage was watched");
        return;
    };
    let videos = videos(Path::new(&footage));
    let folder = crate::Folder::new();
    let mut server = Server::within(engine, folder.path());
    server.start(None);
    let mut told = 0;
    let mut units: Vec<Unit> = Vec::new();
    for (index, video) in videos.iter().enumerate() {
        let name = format!("film-{index}");
        let mut unit = Unit::new(&name, &folder.path().join(&name));
        unit.enrol(&server.claim());
        unit.start_before_video(video);
        units.push(unit);
    }
    let person = server.owner();
    for (unit, video) in units.iter_mut().zip(&videos) {
        let over =
            unit.running().line(Duration::from_secs(240), |line| is_event(line, "source_over"));
        over.unwrap_or_else(|why| panic!("{} goes on: {why}", video.display()));
        let what = || format!("all of {} is safe: {}", video.display(), unit.account());
        wait_until(what, Duration::from_secs(60), || is_all_safe(unit));
        let mut seen = ids(&unit.events("visit_opened"), "visit_id");
        let mut held: Vec<String> =
            visits(&server, &person, &unit.name).into_iter().map(|visit| visit.id).collect();
        seen.sort();
        held.sort();
        assert_eq!(seen, held, "{engine:?} {}", video.display());
        println!("{engine:?} {}: {} visits", video.display(), seen.len());
        told += seen.len();
    }
    assert!(told > 0, "the footage has hovers, and no unit saw one");
}

fn ids(events: &[serde_json::Value], name: &str) -> Vec<String> {
    events.iter().filter_map(|event| event[name].as_str()).map(str::to_owned).collect()
}

/// The composites, whose hovers are known.
fn videos(footage: &Path) -> Vec<PathBuf> {
    let folder = footage.join("composites");
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut videos: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "mp4"))
        .collect();
    videos.sort();
    assert!(!videos.is_empty(), "no film in {}", folder.display());
    videos
}
