//! The page Audit.

use serde_json::json;

use super::{log_in, start};

#[tokio::test]
async fn an_administrator_filters_the_audit_by_person_and_action() {
    let app = start(None).await;
    let body = json!({"username": "nobody", "password": "wrong"});
    assert_eq!(app.anonymous().post("/api/v1/session", &body).await.status, 401);
    app.supervisor().await.create_immediate(app.service, "+442079460318").await;
    let browser = log_in(&app, "administrator", "today").await;
    app.seal_audit().await;
    browser.open(&format!("http://{}/audit", app.address)).await;
    browser.at("table", "Audit").shown().await;
    let rows = async || browser.page().names("rowheader").await.len();
    assert!(rows().await >= 4);
    browser.page().row_with("Unknown user").like("cell", "Refused: invalid-credentials").shown().await;

    browser.at("combobox", "Action").at("option", "Create callback").click().await;
    browser.page().row_with("Unknown user").gone().await;
    browser.page().row_with("supervisor").like("cell", "Create callback").shown().await;
    assert_eq!(rows().await, 1);
    browser.at("combobox", "Person or key").at("option", "administrator (user)").click().await;
    browser.page().row_with("supervisor").gone().await;
}
