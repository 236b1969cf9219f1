//! The request that is being answered, for whoever logs, audits or refuses it.

use std::net::IpAddr;

use uuid::Uuid;

/// A request.
#[derive(Clone, Debug, Default)]
pub struct RequestContext {
    /// Names it in the log, in problems and in the audit.
    pub id: Uuid,
    /// Its path, without the query: that may hold a number.
    pub path: String,
    /// The client's address.
    pub address: Option<IpAddr>,
}

tokio::task_local! {
    static CURRENT: RequestContext;
}

/// The request that is being answered; `None` outside of one.
pub fn current() -> Option<RequestContext> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Answers a request.
pub async fn answering<F: Future>(request: RequestContext, answer: F) -> F::Output {
    CURRENT.scope(request, answer).await
}
