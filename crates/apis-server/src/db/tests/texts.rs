//! The one SQL text: no statement of the program uses one engine's words.

use crate::testing::sources;

/// Words that one of the engines does not know, or takes for something else.
const WORDS: [&str; 19] = [
    "FOR UPDATE",
    "SKIP LOCKED",
    "NOW()",
    "CURRENT_TIMESTAMP",
    "DATETIME(",
    "STRFTIME(",
    "ILIKE",
    "GLOB ",
    "INSERT OR ",
    "AUTOINCREMENT",
    "BIGSERIAL",
    "JSONB",
    "BYTEA",
    "BLOB",
    "BOOLEAN",
    "ROWID",
    "::",
    "IFNULL(",
    " TRUE",
];

/// Where an engine's own words belong.
const OF_ONE_ENGINE: [&str; 3] = ["db/dialect.rs", "db/security.rs", "db/migrate.rs"];

/// The string literals of a source that are statements.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    let is_statement = |literal: &&str| {
        let first = literal.split_whitespace().next().unwrap_or_default();
        matches!(first, "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "WITH")
    };
    // Between quotes: every second part. An escaped quote cuts a statement in two, which is the
    // worst that it does here.
    text.split('"').skip(1).step_by(2).filter(is_statement)
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("tests.rs") || path.contains("/route_tests/")
}

#[test]
fn no_statement_uses_one_engines_words() {
    let mut count = 0;
    for (path, text) in sources() {
        if is_test(&path) || OF_ONE_ENGINE.iter().any(|own| path.ends_with(own)) {
            continue;
        }
        for statement in statements(&text) {
            count += 1;
            let upper = statement.to_uppercase();
            let word = WORDS.iter().find(|word| upper.contains(**word));
            assert!(word.is_none(), "{path}: {word:?} in {statement}");
        }
    }
    assert!(count > 100, "the statements are really found: {count}");
}

#[test]
fn sums_are_cast_and_migrations_keep_to_the_common_words() {
    for (path, text) in sources() {
        for statement in statements(&text).filter(|_| !is_test(&path)) {
            let upper = statement.to_uppercase();
            let is_cast = upper.matches("SUM(").count() == upper.matches("CAST(SUM(").count();
            assert!(is_cast, "{path}: a sum is NUMERIC on one engine: {statement}");
        }
    }
    for migration in crate::db::migrate::MIGRATIONS {
        let without_comments: String =
            migration.sql.lines().filter_map(|line| line.split("--").next()).collect();
        let upper = without_comments.to_uppercase();
        let word = WORDS.iter().find(|word| upper.contains(**word));
        assert!(word.is_none(), "migration {}: {word:?}", migration.number);
    }
}
