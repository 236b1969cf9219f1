//! TLS to PostgreSQL: which servers are trusted, and what is said of one that is not.

use std::fs;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use ringback_tests::cluster::PgCluster;
use ringback_tests::{Client, wait_for};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::ledger::Server;
use crate::program::program;

/// The parameters of an authority.
fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// A PostgreSQL server whose certificate is for `localhost`, by an authority below a root.
struct Site {
    postgres: PgCluster,
    /// `root.pem` is the root of the server's certificate, `other.pem` is that of nobody.
    roots: TempDir,
}

impl Site {
    async fn start() -> Self {
        let roots = TempDir::new().unwrap();
        let root = |name: &str| {
            let (params, key) = (authority(name), KeyPair::generate().unwrap());
            let certificate = params.self_signed(&key).unwrap();
            fs::write(roots.path().join(format!("{name}.pem")), certificate.pem()).unwrap();
            Issuer::new(params, key)
        };
        root("other");
        let (below, below_key) = (authority("below"), KeyPair::generate().unwrap());
        let below_certificate = below.signed_by(&below_key, &root("root")).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &Issuer::new(below, below_key)).unwrap();
        let chain = certificate.pem() + &below_certificate.pem();
        Self { postgres: PgCluster::start_with_tls(&chain, &key.serialize_pem()).await, roots }
    }

    fn url(&self, host: &str, mode: &str, root: Option<&str>) -> String {
        let root = root.map(|name| format!("&sslrootcert={}/{name}.pem", self.roots.path().display()));
        format!("{}?sslmode={mode}{}", self.postgres.url_with_tls(host), root.unwrap_or_default())
    }

    /// What a server says that does not start.
    fn refusal(&self, host: &str, root: Option<&str>) -> String {
        let url = self.url(host, "verify-full", root);
        let server = Command::new(program())
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--migrate", "--database-url", &url])
            .output()
            .unwrap();
        assert!(!server.status.success(), "{url}");
        String::from_utf8(server.stderr).unwrap()
    }
}

#[tokio::test]
async fn a_database_whose_certificate_is_trusted_is_used_with_tls() {
    let site = Site::start().await;
    for (mode, root) in [("verify-full", Some("root")), ("verify-ca", Some("root")), ("require", None)] {
        let server = Server::start_with(&site.url("localhost", mode, root), &["--migrate"]);
        let client = Client::new(&server.address);
        wait_for(mode, async || (client.get("/health/ready").await.status == 200).then_some(())).await;
        let mut conn = PgConnection::connect(&site.postgres.url()).await.unwrap();
        let encrypted: Option<bool> = sqlx::query_scalar(
            "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
             WHERE application_name = 'ringback'",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        assert_eq!(encrypted, Some(true), "{mode}");
    }
}

#[tokio::test]
async fn a_database_whose_certificate_is_not_trusted_is_not_used() {
    let site = Site::start().await;
    for (host, root, what) in [
        ("localhost", Some("other"), "UnknownIssuer"),
        // What the machine trusts.
        ("localhost", None, "UnknownIssuer"),
        ("127.0.0.1", Some("root"), "certificate not valid for name \"127.0.0.1\""),
        ("localhost", Some("missing"), "No such file or directory"),
    ] {
        let refusal = site.refusal(host, root);
        assert!(refusal.starts_with("ringback: the database cannot be opened: "), "{refusal}");
        assert!(refusal.contains(what) && refusal.contains("sslrootcert in the URL"), "{refusal}");
    }
}
