//! What a browser gets of the built app.

use super::*;
use axum::body::Body;
use http_body_util::BodyExt as _;

async fn get(path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = serve(request.body(Body::empty()).unwrap()).await;
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

/// The script that every page loads: its name holds a hash, and it is large enough to shrink.
fn script() -> String {
    let is_it = |name: &str| name.starts_with("assets/index-") && name.ends_with(".js");
    let found = Built::iter().find(|name| is_it(name));
    found.expect("the web app is built: `cargo xtask web`").into_owned()
}

#[tokio::test]
async fn every_page_is_the_one_that_loads_the_app() {
    for path in ["/", "/units", "/live/0198a2b4"] {
        let (status, headers, body) = get(path, &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(headers["cache-control"], "no-cache");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        for needed in ["require-trusted-types-for 'script'", "trusted-types svelte-trusted-html"] {
            assert!(policy.contains(needed), "{needed} is not in {policy}");
        }
        let page = String::from_utf8(body).unwrap();
        assert!(page.contains("<div id=\"app\">") && !page.contains("<style"), "{page}");
        assert!(!page.contains("style=") && !page.contains("<script>"), "{page}");
    }
}

#[tokio::test]
async fn a_script_is_kept_for_ever_and_sent_small() {
    let path = format!("/{}", script());
    let (_, plain, whole) = get(&path, &[]).await;
    assert!(plain["cache-control"].to_str().unwrap().contains("immutable"));
    assert!(!plain.contains_key("content-encoding"));
    for (accepted, encoding) in [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")] {
        let (_, headers, small) = get(&path, &[("accept-encoding", accepted)]).await;
        assert_eq!(headers["content-encoding"], encoding);
        assert!(small.len() * 2 < whole.len(), "{encoding}: {} of {}", small.len(), whole.len());
        assert_ne!(headers["etag"], plain["etag"]);
    }
}

#[tokio::test]
async fn the_service_worker_is_asked_for_again_and_may_fetch_alone() {
    let (status, headers, body) = get("/service-worker.js", &[]).await;
    assert_eq!((status, &headers["cache-control"]), (StatusCode::OK, &"no-cache".parse().unwrap()));
    assert_eq!(headers["content-security-policy"], "default-src 'none'; connect-src 'self'");
    let worker = String::from_utf8(body).unwrap();
    // It knows every file that the page loads.
    for name in [format!("/{}", script()), "/index.html".to_owned(), "/icon.svg".to_owned()] {
        assert!(worker.contains(&name), "{name}");
    }
}

/// A phone installs the app by these.
#[tokio::test]
async fn the_manifest_names_icons_that_are_there_and_as_large_as_it_says() {
    let (_, headers, body) = get("/manifest.webmanifest", &[]).await;
    assert_eq!(headers["content-type"], "application/manifest+json");
    let manifest: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&manifest["display"], &manifest["start_url"]), (&"standalone".into(), &"/".into()));
    let mut pictures = 0;
    for icon in manifest["icons"].as_array().unwrap() {
        let (status, headers, picture) = get(icon["src"].as_str().unwrap(), &[]).await;
        assert_eq!(status, StatusCode::OK, "{icon}");
        assert_eq!(headers["content-type"], icon["type"].as_str().unwrap());
        if icon["type"] == "image/png" {
            // PNG, section 11.2.1: the header's width and height.
            let side = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
            assert_eq!(format!("{}x{}", side(16), side(20)), icon["sizes"].as_str().unwrap());
            pictures += 1;
        }
    }
    assert!(2 <= pictures, "{manifest}");
    assert_eq!(get("/apple-touch-icon.png", &[]).await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let (_, headers, _) = get("/", &[]).await;
    let etag = headers["etag"].to_str().unwrap().to_owned();
    let (status, headers, body) = get("/", &[("if-none-match", &format!("\"old\", {etag}"))]).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert!(headers.contains_key("content-security-policy"));
}

#[tokio::test]
async fn what_is_no_file_of_the_app_is_not_found() {
    let script = script();
    let paths =
        ["/api/v1/nothing", "/nothing.js", "/../Cargo.toml", "/.gitignore", "/index.html.br"];
    for path in paths.iter().copied().chain([format!("/{script}.br").as_str()]) {
        assert_eq!(get(path, &[]).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let request = Request::builder().method("POST").uri("/").body(Body::empty()).unwrap();
    assert_eq!(serve(request).await.status(), StatusCode::NOT_FOUND);
}
