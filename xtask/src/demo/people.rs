//! The people's door as a member uses it: sign in, then ask for visits and clips, and the pages.

use crate::web;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use ureq::Agent;

/// What the demo says it is, on the list of sessions.
const USER_AGENT: &str = concat!("apis-demo/", env!("CARGO_PKG_VERSION"));

/// A signed-in member.
pub struct People {
    agent: Agent,
    origin: String,
    email: String,
    password: String,
    /// The session's cookie as it is sent back. Browsers treat loopback as secure; a plain cookie
    /// jar would not return a `Secure` cookie over HTTP, so it is kept by hand.
    cookie: String,
}

/// A visit whose clip the server has verified.
pub struct Held {
    /// The visit as the server tells it.
    pub visit: Value,
    /// Bytes of its clip, downloaded to be sure.
    pub clip_bytes: usize,
}

impl People {
    /// Signs in with the account's password.
    pub fn sign_in(origin: &str, email: &str, password: &str) -> Result<People> {
        // Its session is on the list of those that its member may end, by this name.
        let config = Agent::config_builder().http_status_as_error(false);
        let agent: Agent = config.user_agent(USER_AGENT).build().into();
        let mut reply = agent
            .post(format!("{origin}/api/v1/session"))
            .header("Origin", origin)
            .header("X-Apis", "1")
            .send_json(json!({ "email": email, "password": password }))
            .context("sign in")?;
        if !reply.status().is_success() {
            bail!(
                "sign-in was answered {}: {}",
                reply.status(),
                reply.body_mut().read_to_string()?
            );
        }
        let cookies = reply.headers().get_all("set-cookie").iter().filter_map(|cookie| {
            let pair = cookie.to_str().ok()?.split(';').next()?;
            Some(pair.to_owned())
        });
        let cookie = cookies.collect::<Vec<String>>().join("; ");
        let (email, password) = (email.to_owned(), password.to_owned());
        Ok(People { agent, origin: origin.to_owned(), email, password, cookie })
    }

    /// How a person signs in to the same pages, as a line.
    pub fn how_to_look(&self) -> String {
        let People { origin, email, password, .. } = self;
        format!("open {origin} in a browser; sign in as {email} with the password {password}")
    }

    /// The first of the visits `ids` whose clip can be downloaded, if there is one by now.
    pub fn visit_with_clip(&self, ids: &[String]) -> Result<Option<Held>> {
        for id in ids {
            // A clip may be there before its visit's record is.
            let Some(visit) = self.get(&format!("/api/v1/visits/{id}"))? else { continue };
            let mut clips = visit["clips"].as_array().into_iter().flatten();
            let stored = clips.find(|clip| clip["kind"] == "clip" && clip["state"] == "stored");
            let Some(clip_id) = stored.and_then(|clip| clip["id"].as_str()) else { continue };
            let clip_bytes = self.clip_bytes(clip_id)?;
            return Ok(Some(Held { visit, clip_bytes }));
        }
        Ok(None)
    }

    /// Opens the pages in a browser, by a script.
    pub fn try_pages(&self, script: &str) -> Result<()> {
        web::visit(script, &self.origin, &self.email, &self.password)
    }

    fn clip_bytes(&self, clip_id: &str) -> Result<usize> {
        let path = format!("/api/v1/clips/{clip_id}/content");
        let mut reply = self.ask(&path)?.with_context(|| format!("{path} is not there"))?;
        let content = reply.body_mut().with_config().limit(256 << 20).read_to_vec();
        Ok(content.context("download the clip")?.len())
    }

    fn get(&self, path: &str) -> Result<Option<Value>> {
        let Some(mut reply) = self.ask(path)? else { return Ok(None) };
        reply.body_mut().read_json().map(Some).with_context(|| format!("read {path}"))
    }

    /// `None` when there is no such thing for this member.
    fn ask(&self, path: &str) -> Result<Option<ureq::http::Response<ureq::Body>>> {
        let reply = self
            .agent
            .get(format!("{}{path}", self.origin))
            .header("Cookie", &self.cookie)
            .call()
            .with_context(|| format!("ask for {path}"))?;
        if reply.status() == 404 {
            return Ok(None);
        }
        if !reply.status().is_success() {
            bail!("{path} was answered {}", reply.status());
        }
        Ok(Some(reply))
    }
}
