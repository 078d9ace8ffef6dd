//! `tenant`, `account`, `member`: what the operator does with people.

use std::io::Read as _;

use apis_server_api::members::Role;
use clap::Subcommand;
use serde_json::json;

use crate::app::Operator;
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::TenantId;
use crate::serve::{open_database, prepare_folder};
use crate::{accounts, members, tenants};

use super::{Answer, Failure, block_on};

/// What `tenant` does.
#[derive(Debug, Subcommand)]
pub(super) enum TenantCommand {
    /// Make a tenant.
    Create {
        /// Its name.
        #[arg(long)]
        name: String,
    },
    /// List the tenants, with the ids that other commands take.
    List,
}

/// What `account` does.
#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Make an account. Its password is read from standard input, to its end or first line's.
    Create {
        /// Its e-mail address.
        #[arg(long)]
        email: String,
        /// Its name.
        #[arg(long)]
        name: String,
    },
    /// Give an account another password, read likewise; its sessions end.
    Password {
        /// Its e-mail address.
        #[arg(long)]
        email: String,
    },
}

/// What `member` does.
#[derive(Debug, Subcommand)]
pub(super) enum MemberCommand {
    /// Make an account a member of a tenant, or change a member's role.
    Add {
        /// The tenant.
        #[arg(long, value_name = "ID")]
        tenant: TenantId,
        /// The account's e-mail address.
        #[arg(long)]
        email: String,
        /// owner, admin, member or read.
        #[arg(long, value_parser = role)]
        role: Role,
    },
    /// Remove a member; felt at once.
    Remove {
        /// The tenant.
        #[arg(long, value_name = "ID")]
        tenant: TenantId,
        /// The account's e-mail address.
        #[arg(long)]
        email: String,
    },
}

pub(super) fn tenant(config: &Config, command: TenantCommand) -> Result<Answer, Failure> {
    block_on(async {
        let operator = operator(config).await?;
        let TenantCommand::Create { name } = command else {
            return list_tenants(&operator).await;
        };
        let tenant = tenants::create::create(&operator, &name)
            .await
            .map_err(|error| Failure::of("tenant_refused", error))?;
        Ok(Answer { text: format!("tenant {tenant}"), json: json!({ "tenant_id": tenant }) })
    })?
}

async fn list_tenants(operator: &Operator) -> Result<Answer, Failure> {
    let tenants = tenants::all_names(&operator.db).await;
    let tenants = tenants.map_err(|error| Failure::of("database_failed", error))?;
    let lines = tenants.iter().map(|(id, name)| format!("{id}  {name}"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let rows = tenants.iter().map(|(id, name)| json!({ "tenant_id": id, "name": name }));
    Ok(Answer { text, json: json!({ "tenants": rows.collect::<Vec<_>>() }) })
}

pub(super) fn account(config: &Config, command: AccountCommand) -> Result<Answer, Failure> {
    let password = password_from_input()?;
    block_on(async {
        let operator = operator(config).await?;
        let account = match command {
            AccountCommand::Create { email, name } => {
                accounts::create::create(&operator, &email, &name, &password)
                    .await
                    .map_err(|error| Failure::of("account_refused", error))?
            }
            AccountCommand::Password { email } => {
                accounts::change_password::change_password(&operator, &email, &password)
                    .await
                    .map_err(|error| Failure::of("account_refused", error))?
            }
        };
        let json = json!({ "account_id": account.to_string() });
        Ok(Answer { text: format!("account {account}"), json })
    })?
}

pub(super) fn member(config: &Config, command: MemberCommand) -> Result<Answer, Failure> {
    block_on(async {
        let operator = operator(config).await?;
        let (account, tenant, done) = match command {
            MemberCommand::Add { tenant, email, role } => {
                let account = members::add::add(&operator, tenant, &email, role)
                    .await
                    .map_err(|error| Failure::of("member_refused", error))?;
                (account, tenant, "added")
            }
            MemberCommand::Remove { tenant, email } => {
                let account = members::remove::remove_by_email(&operator, tenant, &email)
                    .await
                    .map_err(|error| Failure::of("member_refused", error))?;
                (account, tenant, "removed")
            }
        };
        let json = json!({ "account_id": account.to_string(), "tenant_id": tenant });
        Ok(Answer { text: format!("account {account} {done}"), json })
    })?
}

/// The database of the configuration, for a command that ends with it.
pub(crate) async fn operator(config: &Config) -> Result<Operator, Failure> {
    prepare_folder(config)?;
    let clock = Clock::system();
    let db = open_database(config, &clock).await?;
    Ok(Operator { db, clock })
}

/// A password on the command line would be seen by every user of the machine.
fn password_from_input() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(4_096)
        .read_to_string(&mut text)
        .map_err(|error| Failure::of("password_unreadable", error))?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        return Err(Failure::new("password_missing", "give the password on standard input"));
    }
    Ok(password.to_owned())
}

fn role(word: &str) -> Result<Role, String> {
    Role::of_word(word).ok_or_else(|| "one of owner, admin, member, read".to_owned())
}
