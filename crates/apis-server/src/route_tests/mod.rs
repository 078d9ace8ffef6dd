//! Generated from the OpenAPI document: every operation, with every role, on the own tenant's things
//! and on a foreign tenant's, on both engines.
//!
//! For each operation that members may call and each role: the request first succeeds on the role's
//! own tenant if the permission table allows it, and is `403 forbidden` if not; then the same on a
//! foreign tenant's things is refused (404 or 403) or, where a request names nothing of it, tells
//! nothing of it. Units go the same way without roles. After each step the foreign tenant's rows,
//! in every table, and its files have the hash they had before. Whoever has no session is
//! `401 sign_in_needed`. What an operation changed stands in the audit once, and what it refused
//! does not. An operation without a fixture fails the test.

mod fixtures;
mod rows;
pub(crate) mod stage;

use apis_server_api::members::Role;
use apis_testkit::database::TestDatabase;
use serde_json::Value;

use crate::ids::TenantId;
use crate::members::permission::Permission;
use crate::router;
use crate::testing::{Answer, Browser, World};

use fixtures::{Fixture, Foreign, fixture};
use stage::Stage;

/// One operation of the document.
#[derive(Debug, Clone)]
struct Operation {
    id: String,
    method: String,
    caller: String,
    permission: Option<Permission>,
}

/// Every operation; those that end what others use come last.
fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(router::document()).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut operations: Vec<Operation> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|path| path.as_object().unwrap())
        .map(|(method, operation)| Operation {
            id: text(&operation["operationId"]),
            method: method.clone(),
            caller: text(&operation["x-apis-caller"]),
            permission: operation["x-apis-permission"].as_str().map(|word| {
                let of_word = Permission::ALL.into_iter().find(|right| right.word() == word);
                of_word.expect("the document names a permission of the table")
            }),
        })
        .collect();
    operations.sort_by_key(|operation| fixture(&operation.id).order);
    operations
}

#[test]
fn every_operation_has_an_id_of_its_own_and_every_fixture_an_operation() {
    let operations = operations();
    let mut ids: Vec<&str> = operations.iter().map(|operation| operation.id.as_str()).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "operation ids repeat: {ids:?}");
    for known in fixtures::IDS {
        assert!(ids.contains(known), "the fixture of {known} has no operation");
    }
}

#[test]
fn every_operation_says_who_may_call_it() {
    for operation in operations() {
        let is_known = ["public", "member", "unit", "new_unit"].contains(&&*operation.caller);
        assert!(is_known, "{operation:?}");
    }
}

/// Operations that are unsafe by their method and leave nothing in the audit: a session that goes on
/// does so every ten minutes, and the set-up is never done here (its own tests look at its audit).
const UNAUDITED: [&str; 2] = ["session_refresh", "set_up"];

/// A unit's records and uploads are their own record; what people do, and who comes in, is audited.
#[test]
fn every_operation_that_changes_something_for_people_is_audited() {
    for operation in operations() {
        let is_safe = ["get", "head", "options"].contains(&&*operation.method);
        let is_audited = fixture(&operation.id).audited.is_some();
        let is_unaudited = operation.caller == "unit" || UNAUDITED.contains(&&*operation.id);
        assert_eq!(is_audited, !is_safe && !is_unaudited, "{operation:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_crosses_tenants_and_every_role_has_its_rights_on_sqlite() {
    walk(TestDatabase::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_crosses_tenants_and_every_role_has_its_rights_on_postgres() {
    walk(TestDatabase::postgres()).await;
}

async fn walk(database: TestDatabase) {
    let world = World::new(database).await;
    let foreign = Stage::new(&world, "Foreign").await;
    let before = rows::hash(&world.app, foreign.tenant).await;
    for role in Role::ALL {
        let own = Stage::new(&world, "Own").await;
        let browser = world.member(own.tenant, role).await;
        // Another session of the same member, to be ended.
        world.session_of(&browser).await;
        for operation in operations().iter().filter(|operation| operation.caller == "member") {
            try_member(&world, &browser, role, operation, &own, &foreign).await;
            let after = rows::hash(&world.app, foreign.tenant).await;
            assert_eq!(after, before, "{} by {role:?} changed foreign rows", operation.id);
        }
    }
    try_nobody(&world, &foreign).await;
    let own = Stage::new(&world, "Own").await;
    for operation in operations().iter().filter(|operation| operation.caller != "member") {
        try_other(&world, operation, &own, &foreign).await;
        let after = rows::hash(&world.app, foreign.tenant).await;
        assert_eq!(after, before, "{} changed foreign rows", operation.id);
    }
    world.app.db.close().await;
}

/// Without a session, no route of the people's does anything or tells anything.
async fn try_nobody(world: &World, whose: &Stage) {
    let before = rows::hash(&world.app, whose.tenant).await;
    for operation in operations().iter().filter(|operation| operation.caller == "member") {
        let request = fixture(&operation.id).request;
        let answer = request.send_member(&world.browser(), whose, whose).await;
        let needed = (401, "sign_in_needed".to_owned());
        assert_eq!(answer.refusal(), needed, "{} by nobody", operation.id);
        assert_tells_nothing(&answer, whose, &operation.id);
        let after = rows::hash(&world.app, whose.tenant).await;
        assert_eq!(after, before, "{} by nobody changed something", operation.id);
    }
}

async fn try_member(
    world: &World,
    browser: &Browser,
    role: Role,
    operation: &Operation,
    own: &Stage,
    foreign: &Stage,
) {
    let Fixture { request, foreign: expected, audited, .. } = fixture(&operation.id);
    let is_allowed = operation.permission.is_none_or(|right| right.is_held_by(role));
    let case = format!("{} by {role:?}", operation.id);

    let audit = Audit::of(world, own).await;
    let answer = request.send_member(browser, own, own).await;
    audit.assert_grown_by(audited.filter(|_| is_allowed), &case).await;
    if is_allowed {
        let is_done = answer.status.is_success() || answer.status == 101;
        assert!(is_done, "{case}: {}", shown(&answer));
    } else {
        assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{case}");
    }
    assert_tells_nothing(&answer, foreign, &case);
    if expected == Foreign::SessionIsOver {
        return;
    }
    let audit = Audit::of(world, own).await;
    let answer = request.send_member(browser, own, foreign).await;
    let is_done = is_allowed && expected == Foreign::NamesNothing;
    audit.assert_grown_by(audited.filter(|_| is_done), &format!("{case}, foreign")).await;
    check_foreign(&answer, expected, is_allowed, foreign, &case);
}

async fn try_other(world: &World, operation: &Operation, own: &Stage, foreign: &Stage) {
    let Fixture { request, foreign: expected, audited, .. } = fixture(&operation.id);
    let case = operation.id.as_str();
    let audit = Audit::of(world, own).await;
    let answer = request.send_other(world, own, own).await;
    audit.assert_grown_by(audited, case).await;
    assert_tells_nothing(&answer, foreign, case);
    if expected == Foreign::NeverDone {
        assert_eq!(answer.refusal(), (409, "set_up_over".to_owned()), "{case}");
        return;
    }
    let is_done = answer.status.is_success() || answer.status == 101;
    assert!(is_done, "{case}: {}", shown(&answer));
    let audit = Audit::of(world, own).await;
    let answer = request.send_other(world, own, foreign).await;
    let is_done = expected == Foreign::NamesNothing;
    audit.assert_grown_by(audited.filter(|_| is_done), &format!("{case}, foreign")).await;
    check_foreign(&answer, expected, true, foreign, case);
}

/// A tenant's audit as it stood.
struct Audit<'w> {
    world: &'w World,
    tenant: TenantId,
    count: usize,
}

impl<'w> Audit<'w> {
    async fn of(world: &'w World, stage: &Stage) -> Audit<'w> {
        let tenant = stage.tenant;
        let count = rows::audited_actions(&world.app.db, tenant).await.len();
        Audit { world, tenant, count }
    }

    /// Exactly this action was added, or nothing.
    async fn assert_grown_by(self, action: Option<&str>, case: &str) {
        let actions = rows::audited_actions(&self.world.app.db, self.tenant).await;
        let added: Vec<&str> = actions[self.count..].iter().map(String::as_str).collect();
        assert_eq!(added, Vec::from_iter(action), "audited by {case}");
    }
}

fn check_foreign(
    answer: &Answer,
    expected: Foreign,
    is_allowed: bool,
    foreign: &Stage,
    case: &str,
) {
    let status = answer.status.as_u16();
    match expected {
        _ if !is_allowed => assert_eq!(status, 403, "{case}, foreign: {}", shown(answer)),
        Foreign::Refused => {
            assert!([403, 404].contains(&status), "{case}, foreign: {}", shown(answer));
        }
        Foreign::NamesNothing => {
            let is_done = answer.status.is_success() || status == 101;
            assert!(is_done, "{case}, foreign: {}", shown(answer));
        }
        Foreign::SessionIsOver | Foreign::NeverDone => {}
    }
    assert_tells_nothing(answer, foreign, case);
}

/// No answer holds anything that only the foreign tenant knows.
fn assert_tells_nothing(answer: &Answer, foreign: &Stage, case: &str) {
    let text = shown(answer);
    for secret in foreign.secrets() {
        assert!(!text.contains(&secret), "{case} tells {secret}: {text}");
    }
}

fn shown(answer: &Answer) -> String {
    let headers: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("?")))
        .collect();
    format!("{} {} {}", answer.status, headers.join("; "), String::from_utf8_lossy(&answer.bytes))
}
