//! A server: the application, its workers, and the sockets.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as ActixApp, HttpRequest, HttpResponse, HttpServer, ResponseError, web};
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
use crate::http::site::Site;
use crate::http::{Api, openapi, request};
use crate::store::Store;
use crate::telephony::simulator::{self, Behaviour};
use crate::{http, worker};

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
    /// Where to answer `/metrics` instead of on the address above.
    pub metrics_listen: Option<SocketAddr>,
    /// A folder with the Callback UI instead of the one inside the program.
    pub web_dir: Option<PathBuf>,
    /// Plays agents and customers.
    pub simulator: Option<Behaviour>,
    /// Runs the workers; a test may want to run their rounds by itself.
    pub workers: bool,
    /// Threads that answer requests.
    pub threads: usize,
}

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// What its parts share.
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it answers `/metrics`, if not there.
    pub metrics_address: Option<SocketAddr>,
    servers: Vec<(ServerHandle, JoinHandle<std::io::Result<()>>)>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Paths of the API, to tell a wrong method from a wrong path.
#[derive(Debug)]
struct KnownPaths(Vec<(actix_web::dev::ResourceDef, String)>);

impl KnownPaths {
    fn of(document: &utoipa::openapi::OpenApi) -> Self {
        let paths = document.paths.paths.iter().map(|(path, item)| {
            let methods = [
                (item.get.is_some(), "GET, HEAD"),
                (item.post.is_some(), "POST"),
                (item.put.is_some(), "PUT"),
                (item.patch.is_some(), "PATCH"),
                (item.delete.is_some(), "DELETE"),
            ];
            let allowed: Vec<&str> = methods.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
            (actix_web::dev::ResourceDef::new(path.as_str()), allowed.join(", "))
        });
        Self(paths.collect())
    }

    fn allowed(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.is_match(path)).map(|(_, allowed)| allowed.as_str())
    }
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
    let app = App::new(store, clock).await?;
    let api = web::Data::new(Api {
        commands: Arc::clone(&app.commands),
        queries: Arc::clone(&app.queries),
        access: Arc::clone(&app.access),
        metrics: app.metrics.clone(),
        simulation: config.simulator.is_some(),
        session_idle_seconds: config.session_idle_seconds,
        public_metrics: metrics_listener.is_none(),
        site: Site::new(config.public_url.as_ref(), address, config.trusted_proxies.clone()),
    });
    let access = web::Data::from(Arc::clone(&app.access));
    let document = Arc::new(openapi::json());
    let known = web::Data::new(KnownPaths::of(&openapi::document()));
    let assets = web::Data::new(config.web_dir.clone().map_or(Assets::Embedded, Assets::Folder));

    let server = HttpServer::new(move || {
        let document = Arc::clone(&document);
        ActixApp::new()
            .app_data(api.clone())
            .app_data(access.clone())
            .app_data(known.clone())
            .app_data(assets.clone())
            .into_utoipa_app()
            .configure(http::routes)
            .into_app()
            .route(
                "/openapi.json",
                web::get().to(move || {
                    let document = Arc::clone(&document);
                    async move {
                        HttpResponse::Ok()
                            .content_type("application/json")
                            .insert_header((CACHE_CONTROL, "no-cache"))
                            .body(document.as_str().to_owned())
                    }
                }),
            )
            .service(web::redirect("/swagger-ui", "/swagger-ui/"))
            .service(SwaggerUi::new("/swagger-ui/{_:.*}").config(SwaggerConfig::from("/openapi.json")))
            .default_service(web::to(fallback))
            .wrap(Compress::default())
            .wrap(from_fn(request::wrap))
    })
    .workers(config.threads)
    .shutdown_timeout(8)
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
    let (feed, mut stopped) = (Arc::clone(&app.queries), stopped);
    tasks.push(actix_web::rt::spawn(async move {
        tokio::select! {
            () = feed.follow_feed() => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }));
    let mut servers = vec![(server.handle(), actix_web::rt::spawn(server))];
    if let Some((listener, _)) = metrics_listener {
        let metrics = web::Data::new(app.metrics.clone());
        let server = HttpServer::new(move || {
            ActixApp::new()
                .app_data(metrics.clone())
                .route("/metrics", web::get().to(http::operations::figures))
        })
        .workers(1)
        .shutdown_timeout(1)
        .disable_signals()
        .listen(listener)
        .map_err(Error::internal)?
        .run();
        servers.push((server.handle(), actix_web::rt::spawn(server)));
    }
    Ok(Running { app, address, metrics_address, servers, stop, tasks })
}

impl Running {
    /// Answers what is being answered, lets the workers finish their round,
    /// and closes the database.
    pub async fn stop(self) {
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
