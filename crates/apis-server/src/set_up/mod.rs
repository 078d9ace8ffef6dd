//! Set-up: the link by which a server without accounts gets its first tenant and that one's owner.
//!
//! `serve` prints the link. What stands after its `#` follows from the server's key, so each replica
//! prints the same, and is worth nothing once there is an account.

mod done;

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::accounts;
use crate::db::{Db, DbError};
use crate::http::Routes;
use crate::keys::ServerKey;
use crate::session::token;

/// What a set-up link shows that it comes from the server's own output.
pub struct SetUpToken(String);

impl SetUpToken {
    /// The token of the server with this key.
    pub fn of(key: &ServerKey) -> SetUpToken {
        SetUpToken(URL_SAFE_NO_PAD.encode(key.derive("set-up")))
    }

    /// The link, for a server whose pages are at `origin`.
    pub fn link(&self, origin: &str) -> String {
        format!("{origin}/set-up#{}", self.0)
    }

    /// Compares hashes, so that the time it takes tells nothing.
    fn is(&self, other: &str) -> bool {
        token::hash(&self.0) == token::hash(other)
    }
}

/// Whether the server still waits for its first account.
pub async fn is_needed(db: &Db) -> Result<bool, DbError> {
    let mut tx = db.global_read().await?;
    let is_any = accounts::is_any(&mut tx).await?;
    tx.commit().await?;
    Ok(!is_any)
}

/// The slice's routes.
pub fn routes() -> Routes {
    Routes::new().add(done::__path_show, done::show).add(done::__path_set_up, done::set_up)
}
