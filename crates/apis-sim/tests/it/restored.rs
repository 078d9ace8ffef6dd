//! A database that was put back from a backup: devices begin anew, and whoever was signed in comes in
//! again.

use crate::program::answer_to;
use crate::server::{Engine, Server};
use crate::{Folder, wings};
use std::time::Duration;

#[test]
fn after_a_restore_devices_begin_anew_and_every_session_is_over() {
    let _wings = wings();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let folder = Folder::new();
        let mut server = Server::within(engine, folder.path());
        server.start(None);
        let before = server.owner();
        let page = before.get("/api/v1/changes").json();
        let again = format!("/api/v1/changes?cursor={}", page["cursor"].as_str().unwrap());
        assert_eq!(before.get(&again).json()["starts_anew"], false);

        server.terminate(Duration::from_secs(20));
        let told = answer_to(server.command().args(["database", "restored"]), "");
        assert_eq!(told["sessions_ended"], 1, "{told}");
        server.start(None);
        assert_eq!(before.request("GET", &again, None).unwrap().status, 401, "{engine:?}");
        let after = server.owner();
        assert_eq!(after.get(&again).json()["starts_anew"], true, "{engine:?}");
        assert_eq!(server.readiness().0, 200);
    }
}
