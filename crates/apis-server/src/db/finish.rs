//! Work that is finished though nobody waits for it any more.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future that goes on by itself when it is dropped before its end.
///
/// A request whose client goes away is dropped wherever it stands. Dropped while `BEGIN` is on its
/// way, the driver for PostgreSQL forgets that it was sent (`sqlx-postgres` 0.9 counts a transaction
/// only once it is answered), and the connection would go back to the pool inside it: read-only, or
/// with another tenant's name. Finished, the transaction is dropped whole, and rolled back.
pub(super) struct Finished<F: Future + Send + 'static>
where
    F::Output: Send,
{
    work: Option<Pin<Box<F>>>,
}

/// Has `work` finished, whoever waits.
pub(super) fn finished<F: Future + Send + 'static>(work: F) -> Finished<F>
where
    F::Output: Send,
{
    Finished { work: Some(Box::pin(work)) }
}

impl<F: Future + Send + 'static> Future for Finished<F>
where
    F::Output: Send,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let work = self.work.as_mut().expect("a future is not polled after its end");
        let done = work.as_mut().poll(cx);
        if done.is_ready() {
            self.work = None;
        }
        done
    }
}

impl<F: Future + Send + 'static> Drop for Finished<F>
where
    F::Output: Send,
{
    fn drop(&mut self) {
        let Some(work) = self.work.take() else { return };
        // Without a runtime the process ends, and its connections with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { drop(work.await) });
        }
    }
}
