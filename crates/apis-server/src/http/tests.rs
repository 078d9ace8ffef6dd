//! What a door answers when no operation does: a problem body, whatever happened.

use apis_protocol::route;
use axum::http::Method;

use super::{ApiError, Public, Routes, door};
use crate::testing::{Browser, Sent, in_each_world};

/// Breaks.
#[utoipa::path(get, path = "/broken")]
async fn broken(_: Public) -> Result<String, ApiError> {
    panic!("the secret is 42")
}

#[tokio::test]
async fn a_method_that_a_route_does_not_know_is_a_problem_at_both_doors() {
    in_each_world(async |world| {
        let browser = world.browser();
        let people = [(Method::PUT, "/api/v1/session"), (Method::DELETE, "/livez")];
        for (method, path) in people {
            let answer = browser.send(browser.request(method.clone(), path), None).await;
            assert_eq!(answer.refusal(), (405, "method_not_allowed".to_owned()), "{method} {path}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert_ne!(answer.header("allow"), "", "{method} {path}");
        }
        let unit = world.new_unit();
        for (method, target) in [("GET", route::HEARTBEAT), ("PUT", route::UPLOADS)] {
            let (fields, body) = (Vec::new(), Vec::new());
            let sent = Sent { method, target: target.to_owned(), fields, body };
            let answer = unit.send(sent).await;
            assert_eq!(answer.refusal(), (405, "method_not_allowed".to_owned()), "{target}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
    })
    .await;
}

#[tokio::test]
async fn a_panic_in_an_operation_is_a_problem_that_tells_nothing_and_ends_nothing_else() {
    in_each_world(async |world| {
        let routes = Routes::new().add(__path_broken, broken).merge(crate::ops::routes());
        let browser = Browser::at_door(door::people(&world.app, routes));
        for _ in 0..2 {
            let answer = browser.get("/broken").await;
            assert_eq!(answer.refusal(), (500, "internal".to_owned()));
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert_eq!(answer.json()["detail"].as_str().unwrap_or_default(), "");
            assert!(!String::from_utf8_lossy(&answer.bytes).contains("42"));
        }
        browser.get("/livez").await.ok();
    })
    .await;
}

#[tokio::test]
async fn every_answer_at_the_peoples_door_tells_a_browser_to_be_strict() {
    in_each_world(async |world| {
        let browser = world.browser();
        let asked = [
            (Method::GET, "/livez", 200),
            (Method::GET, "/api/v1/sites", 401),
            (Method::GET, "/api/v1/queens", 404),
            (Method::GET, "/%00", 400),
            (Method::PUT, "/api/v1/session", 405),
        ];
        for (method, path, status) in asked {
            let answer = browser.send(browser.request(method, path), None).await;
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert!(answer.header("content-security-policy").contains("'none'"), "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    })
    .await;
}
