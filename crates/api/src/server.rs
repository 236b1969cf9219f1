//! A server: the application, its workers, and the sockets.

use std::net::{SocketAddr, TcpListener};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as ActixApp, HttpRequest, HttpResponse, HttpServer, ResponseError, web};
use futures_util::FutureExt;
use ipnet::IpNet;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::{Config as SwaggerConfig, SwaggerUi};

use crate::app::App;
use crate::clock::Clock;
use crate::error::Error;
use crate::http::assets::Assets;
use crate::http::extract::BodyTimeout;
use crate::http::paths::KnownPaths;
use crate::http::site::Site;
use crate::http::{Api, connection, openapi, request};
use crate::limits::{Bulkhead, Limits, Quotas};
use crate::metrics::Metrics;
use crate::recent::Recent;
use crate::store::Store;
use crate::telephony::simulator::{self, Behaviour};
use crate::{http, worker};

/// How long requests may take once the server stops accepting new ones. With the time before
/// that, a service manager that kills after 10 s does not have to.
const SHUTDOWN_SECONDS: u64 = 7;

/// How a server is to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where browsers reach the server; `None` if it is not known.
    pub public_url: Option<Url>,
    /// Proxies whose word on the client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// A session that nobody used for so long ends.
    pub session_idle_seconds: i64,
    /// Days that entries of the audit are kept.
    pub audit_days: i64,
    /// Where to answer `/metrics` instead of on the address above.
    pub metrics_listen: Option<SocketAddr>,
    /// A folder with the Callback UI instead of the one inside the program.
    pub web_dir: Option<PathBuf>,
    /// Plays agents and customers.
    pub simulator: Option<Behaviour>,
    /// Runs the workers; a test may want to run their rounds by itself.
    pub workers: bool,
    /// What one caller may use.
    pub limits: Limits,
    /// Threads that answer requests.
    pub threads: usize,
}

/// A socket's server, and the task that runs it.
type Server = (ServerHandle, JoinHandle<std::io::Result<()>>);

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// What its parts share.
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it answers `/metrics`, if not there.
    pub metrics_address: Option<SocketAddr>,
    servers: Vec<Server>,
    drain: Duration,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Whatever no route takes: the Callback UI's own paths, a wrong method, or
/// nothing.
async fn fallback(
    request: HttpRequest,
    known: web::Data<KnownPaths>,
    assets: web::Data<Assets>,
) -> HttpResponse {
    if let Some(allowed) = known.allowed(request.path()) {
        return Error::MethodNotAllowed(allowed.to_owned()).error_response();
    }
    let reserved = ["/api/", "/health", "/metrics", "/openapi.json", "/swagger-ui"];
    if reserved.iter().any(|prefix| request.path().starts_with(prefix)) {
        return Error::NotFound("page").error_response();
    }
    if !matches!(request.method().as_str(), "GET" | "HEAD") {
        return Error::MethodNotAllowed("GET, HEAD".to_owned()).error_response();
    }
    assets.respond(&request)
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |error| Error::Internal(anyhow::anyhow!("cannot listen on {address}: {error}"));
    let listener = TcpListener::bind(address).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Starts a server in the background of the current actix system.
///
/// # Errors
/// If the address is taken or the database cannot be used.
pub async fn start(store: Store, clock: Clock, config: Config) -> Result<Running, Error> {
    let (listener, address) = listen(config.listen)?;
    let metrics_listener = config.metrics_listen.map(listen).transpose()?;
    let metrics_address = metrics_listener.as_ref().map(|(_, address)| *address);
    let app = App::new(store, clock, config.audit_days).await?;
    let api = web::Data::new(Api {
        commands: Arc::clone(&app.commands),
        queries: Arc::clone(&app.queries),
        access: Arc::clone(&app.access),
        metrics: app.metrics.clone(),
        health: Arc::clone(&app.health),
        last_write: Recent::default(),
        quotas: Quotas::new(config.limits),
        room: Bulkhead::new(config.limits.max_requests as usize),
        stream_stall: config.limits.stream_stall(),
        export_stall: config.limits.export_stall(),
        simulation: config.simulator.is_some(),
        session_idle_seconds: config.session_idle_seconds,
        public_metrics: metrics_listener.is_none(),
        site: Site::new(config.public_url.as_ref(), address, config.trusted_proxies.clone()),
    });
    let access = web::Data::from(Arc::clone(&app.access));
    let document = Arc::new(openapi::json());
    let known = web::Data::new(KnownPaths::of(&openapi::document()));
    let assets = web::Data::new(config.web_dir.clone().map_or(Assets::Embedded, Assets::Folder));

    let request_timeout = config.limits.request_timeout();
    let server = HttpServer::new(move || {
        let document = Arc::clone(&document);
        ActixApp::new()
            .app_data(api.clone())
            .app_data(access.clone())
            .app_data(known.clone())
            .app_data(assets.clone())
            .app_data(BodyTimeout(request_timeout))
            .into_utoipa_app()
            .configure(http::routes)
            .into_app()
            .route(
                "/openapi.json",
                web::get().to(move |api: web::Data<Api>| {
                    let document = openapi::as_of(&document, api.queries.clock.now());
                    async move {
                        HttpResponse::Ok()
                            .content_type("application/json")
                            .insert_header((CACHE_CONTROL, "no-cache"))
                            .body(document)
                    }
                }),
            )
            .service(web::redirect("/swagger-ui", "/swagger-ui/"))
            // The bar of the standalone layout has a style inside its logo, which our policy refuses.
            .service(
                SwaggerUi::new("/swagger-ui/{_:.*}")
                    .config(SwaggerConfig::from("/openapi.json").use_base_layout()),
            )
            .default_service(web::to(fallback))
            .wrap(Compress::default())
            .wrap(from_fn(request::wrap))
    })
    .workers(config.threads)
    .client_request_timeout(request_timeout)
    .on_connect(move |io, data| connection::watch(io, data, request_timeout))
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals()
    .listen(listener)
    .map_err(Error::internal)?
    .run();

    let (stop, stopped) = watch::channel(false);
    let mut tasks = Vec::new();
    if config.workers {
        tasks.extend(worker::start(&app.workers, &stopped));
    }
    if let Some(behaviour) = config.simulator {
        tasks.extend(simulator::start(&app.simulator(), behaviour, &stopped));
    }
    let (feed, metrics, mut stopped) = (Arc::clone(&app.queries), app.metrics.clone(), stopped);
    tasks.push(actix_web::rt::spawn(async move {
        let following = async {
            // Without it no listener hears of anything, so it never stays away.
            while AssertUnwindSafe(feed.follow_feed()).catch_unwind().await.is_err() {
                metrics.worker_panicked("feed");
                tracing::error!(worker = "feed", "a worker panicked, and is started again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            () = following => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }));
    let mut servers = vec![(server.handle(), actix_web::rt::spawn(server))];
    if let Some((listener, _)) = metrics_listener {
        servers.push(serve_metrics(listener, app.metrics.clone())?);
    }
    let drain = Duration::from_secs(config.limits.drain_seconds);
    Ok(Running { app, address, metrics_address, servers, drain, stop, tasks })
}

/// Answers `/metrics` alone.
fn serve_metrics(listener: TcpListener, metrics: Metrics) -> Result<Server, Error> {
    let metrics = web::Data::new(metrics);
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(metrics.clone())
            .route("/metrics", web::get().to(http::operations::figures))
            .wrap(from_fn(request::wrap_bare))
    })
    .workers(1)
    .shutdown_timeout(1)
    .disable_signals()
    .listen(listener)
    .map_err(Error::internal)?
    .run();
    Ok((server.handle(), actix_web::rt::spawn(server)))
}

impl Running {
    /// Answers what is being answered, lets the workers finish their round,
    /// and closes the database.
    pub async fn stop(self) {
        // Load balancers see this before connections are refused.
        self.app.health.stop();
        self.app.commands.signals().ready.stop();
        tokio::time::sleep(self.drain).await;
        // Event streams have no end of their own.
        self.app.queries.hub.close();
        for (handle, _) in &self.servers {
            handle.stop(true).await;
        }
        // Workers hear of it after the last request, which may have left work.
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
        for (_, server) in self.servers {
            let _ = server.await;
        }
        self.app.store.close().await;
    }
}
