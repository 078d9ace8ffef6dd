//! Jobs are leased once, come back when their worker dies, and sweep.

use std::time::Duration;

use serde_json::json;

use super::model::{ATTEMPT_COUNT_MAX, JobKind, LEASE, NewJob, wait_after};
use super::{enqueue, recurring, runner, store};
use crate::testing::{World, in_each_world};

const RECURRING: [JobKind; 3] = [JobKind::Sweep, JobKind::CheckMedia, JobKind::CheckpointAudit];

async fn enqueue_one(world: &World) {
    let now = world.app.clock.now();
    let job = NewJob { kind: JobKind::Sweep, tenant: None, payload: json!({}), due_at: now };
    let mut tx = world.app.db.global_tx().await.unwrap();
    enqueue(&mut tx, job, now).await.unwrap();
    tx.commit().await.unwrap();
}

async fn lease(world: &World, worker: &str) -> Option<i64> {
    let now = world.app.clock.now();
    let mut tx = world.app.db.global_tx().await.unwrap();
    let job = store::lease(&mut tx, worker, now).await.unwrap();
    tx.commit().await.unwrap();
    job.map(|job| job.attempt)
}

#[tokio::test]
async fn a_job_is_leased_by_one_worker_at_a_time() {
    in_each_world(async |world| {
        enqueue_one(world).await;
        let leases = futures_util::future::join_all((0..6).map(|_| lease(world, "worker"))).await;
        assert_eq!(leases.iter().flatten().count(), 1, "{leases:?}");

        world.app.clock.advance(LEASE - Duration::from_secs(1));
        assert_eq!(lease(world, "other").await, None, "the lease still holds");
        world.app.clock.advance(Duration::from_secs(1));
        assert_eq!(lease(world, "other").await, Some(2), "its worker died: it runs again");
    })
    .await;
}

#[tokio::test]
async fn a_job_of_a_transaction_that_failed_never_was() {
    in_each_world(async |world| {
        let now = world.app.clock.now();
        let job = NewJob { kind: JobKind::Sweep, tenant: None, payload: json!({}), due_at: now };
        let mut tx = world.app.db.global_tx().await.unwrap();
        enqueue(&mut tx, job, now).await.unwrap();
        drop(tx);
        assert_eq!(lease(world, "worker").await, None);
    })
    .await;
}

#[tokio::test]
async fn recurring_jobs_come_again_and_never_double() {
    in_each_world(async |world| {
        for _ in 0..2 {
            recurring::ensure(&world.app).await.unwrap();
        }
        let run_next = async || runner::run_next(&world.app, "worker").await.unwrap();
        for kind in RECURRING {
            assert!(run_next().await, "{kind:?} runs at the start");
        }
        assert!(!run_next().await, "the next is not due yet");
        world.app.clock.advance(Duration::from_secs(600));
        assert!(run_next().await, "the sweep");
        assert!(!run_next().await);
        world.app.clock.advance(Duration::from_secs(24 * 3_600));
        for kind in RECURRING {
            assert!(run_next().await, "{kind:?} runs again");
        }
        assert!(!run_next().await, "and nothing else");
        let mut tx = world.app.db.global_read().await.unwrap();
        for kind in RECURRING {
            assert_eq!(store::live_count(&mut tx, kind).await.unwrap(), 1, "{kind:?}");
        }
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_recurring_job_that_failed_for_the_last_time_is_enqueued_anew_at_the_next_start() {
    in_each_world(async |world| {
        recurring::ensure(&world.app).await.unwrap();
        let mut tx = world.app.db.global_tx().await.unwrap();
        tx.execute("UPDATE job SET attempt_count = $1", (ATTEMPT_COUNT_MAX,)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!runner::run_next(&world.app, "worker").await.unwrap());
        recurring::ensure(&world.app).await.unwrap();
        assert!(runner::run_next(&world.app, "worker").await.unwrap());
    })
    .await;
}

/// Attempts and last error of the one job of a kind.
async fn failed_job(world: &World, kind: JobKind) -> (i64, Option<String>) {
    let mut tx = world.app.db.global_read().await.unwrap();
    let told = "SELECT attempt_count, last_error FROM job WHERE kind = $1";
    let row = tx.one(told, (kind.word(),)).await.unwrap();
    tx.commit().await.unwrap();
    row
}

#[tokio::test]
async fn a_job_that_fails_runs_again_ever_later_and_is_set_aside_after_its_last_try() {
    in_each_world(async |world| {
        let (app, tenant) = (&world.app, world.tenant("Bees").await);
        let run_next = async || runner::run_next(app, "worker").await.unwrap();
        let now = app.clock.now();
        let (kind, payload) = (JobKind::VerifyClip, json!({}));
        let job = NewJob { kind, tenant: Some(tenant), payload, due_at: now };
        let mut tx = app.db.global_tx().await.unwrap();
        enqueue(&mut tx, job, now).await.unwrap();
        tx.commit().await.unwrap();

        for attempt in 1..=ATTEMPT_COUNT_MAX {
            assert!(run_next().await, "attempt {attempt}");
            let error = Some("the job names no clip".to_owned());
            assert_eq!(failed_job(world, kind).await, (attempt, error));
            assert!(!run_next().await, "not at once after attempt {attempt}");
            app.clock.advance(wait_after(attempt) - Duration::from_millis(1));
            assert!(!run_next().await, "not before its wait after attempt {attempt}");
            app.clock.advance(Duration::from_millis(1));
        }
        app.clock.advance(Duration::from_secs(365 * 24 * 3_600));
        assert!(!run_next().await, "it is set aside");
        assert_eq!(failed_job(world, kind).await.0, ATTEMPT_COUNT_MAX, "and kept to be seen");

        // It stands in nobody's way.
        enqueue_one(world).await;
        assert!(run_next().await);
    })
    .await;
}
