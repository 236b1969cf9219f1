//! The page Permitted & Blocked Numbers.

use ringback_tests::app::text;
use ringback_tests::{Browser, TestApp, wait_for};
use serde_json::{Value, json};

use super::{log_in, says, start, status_says};

const RULES: &str = "/api/v1/number-rules";
const LIST: &str = "/api/v1/do-not-call";
const NUMBER: &str = "+442079460318";

async fn open(app: &TestApp, username: &str) -> Browser {
    let browser = log_in(app, username, "today").await;
    browser.resize(1440, 1000).await;
    browser.open(&format!("http://{}/numbers", app.address)).await;
    browser
}

/// Lets Billing EN call numbers of Great Britain, and none that begin with +4490.
async fn fill(app: &TestApp) {
    let admin = app.admin().await;
    let mut ids = Vec::new();
    for rule in [
        json!({"name": "Great Britain", "kind": "allow_countries", "countries": ["GB"]}),
        json!({"name": "Expensive", "kind": "block_pattern", "pattern": "+4490*"}),
    ] {
        let made = admin.post(RULES, &rule).await;
        assert_eq!(made.status, 201, "{made}");
        ids.push(made.read::<Value>()["id"].clone());
    }
    let path = format!("/api/v1/services/{}", app.service);
    assert_eq!(admin.patch(&path, &json!({"number_rules": ids})).await.status, 200);
}

#[tokio::test]
async fn a_number_is_tried_while_it_is_typed() {
    let app = start(None).await;
    fill(&app).await;
    let browser = open(&app, "monitor").await;
    let table = browser.at("table", "Number rules in order");
    says(&table, "Expensive").await;
    browser.type_keys("/09012345678").await;
    status_says(&browser, "Blocked by Expensive").await;
    let marked = "return document.querySelector('.numbers .is-matching th').textContent";
    assert!(text(&browser.script(marked).await).starts_with("Expensive"));
    let checks = browser.at("list", "Every check in order");
    says(&checks, "Great Britain").await;
    let number = browser.at("textbox", "Phone Number");
    number.fill("020 7946 0318").await;
    status_says(&browser, "Permitted by Great Britain").await;
    number.fill("+49 30 23125760").await;
    status_says(&browser, "Blocked by Great Britain").await;
    number.fill("12").await;
    status_says(&browser, "number").await;
    browser.at("combobox", "Service Type").choose("Support DE").await;
    number.fill("030 23125760").await;
    status_says(&browser, "no rule matches").await;
    assert!(browser.url().await.ends_with("/numbers"));
    for button in ["Add Rule", "Add Number", "Import", "Edit Expensive"] {
        browser.at("button", button).gone().await;
    }
}

#[tokio::test]
async fn rules_are_made_changed_and_deleted() {
    let app = start(None).await;
    let browser = open(&app, "administrator").await;
    browser.at("button", "Add Rule").click().await;
    let dialog = browser.at("dialog", "Add Rule");
    dialog.at("textbox", "Name").fill("Neighbours").await;
    dialog.at("textbox", "Countries").fill("gb, Ireland").await;
    dialog.at("button", "Create").click().await;
    says(&dialog, "Enter two-letter country codes").await;
    dialog.at("radio", "Block a pattern").click().await;
    dialog.at("textbox", "Pattern").fill("0900").await;
    dialog.at("button", "Create").click().await;
    says(&dialog, "Enter + and 1 to 15 digits").await;
    dialog.at("textbox", "Pattern").fill("+44 90*").await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    let kept = async || app.admin().await.json(RULES).await["items"].clone();
    assert_eq!(kept().await[0]["pattern"], "+4490*");
    browser.at("button", "Edit Neighbours").click().await;
    let dialog = browser.at("dialog", "Edit Rule");
    dialog.at("textbox", "Pattern").fill("+4491*").await;
    dialog.at("button", "Save").click().await;
    dialog.gone().await;
    assert_eq!(kept().await[0]["pattern"], "+4491*");
    browser.at("button", "Delete Neighbours").click().await;
    browser.at("dialog", "Delete Rule").at("button", "Delete").click().await;
    browser.at("button", "Delete Neighbours").gone().await;
    assert_eq!(kept().await, json!([]));
}

#[tokio::test]
async fn the_do_not_call_list_is_edited_imported_and_exported() {
    let app = start(None).await;
    let browser = open(&app, "administrator").await;
    browser.at("button", "Add Number").click().await;
    let dialog = browser.at("dialog", "Add Number");
    dialog.at("textbox", "Number or prefix").fill("+44 20 7946 0318").await;
    dialog.at("button", "Add").click().await;
    says(&dialog, "Enter a reason.").await;
    dialog.at("textbox", "Reason").fill("Asked by letter").await;
    dialog.at("button", "Add").click().await;
    dialog.gone().await;
    let table = browser.at("table", "Do-not-call list");
    says(&table, NUMBER).await;

    browser.at("button", "Import").click().await;
    let dialog = browser.at("dialog", "Import Numbers");
    let import = async |lines: &str| {
        // Only scripts can choose a file here.
        browser
            .script(&format!(
                "const input = document.querySelector('input[type=file]');
                 const files = new DataTransfer();
                 files.items.add(new File([{}], 'list.csv'));
                 input.files = files.files;
                 input.dispatchEvent(new Event('change', {{ bubbles: true }}));",
                json!(lines)
            ))
            .await;
        dialog.at("button", "Import").click().await;
    };
    import("number,reason\n+4490*,Premium\n12,Short\n+442079460319,\n").await;
    says(&dialog, "Line 3").await;
    says(&dialog, "Line 4").await;
    import("number,reason\n+4490*,Premium\n+442079460318,Asked again\n").await;
    says(&dialog, "1 new, 1 changed, 0 unchanged").await;
    dialog.at("button", "Close").click().await;
    dialog.gone().await;
    says(&table, "Asked again").await;
    browser.at("button", "Export").click().await;
    let file = browser.downloaded("do-not-call.csv").await;
    assert!(file.contains("+4490*,all,Premium"), "{file}");

    browser.at("searchbox", "Search numbers").fill("4490").await;
    browser.at("button", &format!("Remove {NUMBER}")).gone().await;
    browser.at("button", "Remove +4490*").click().await;
    browser.at("dialog", "Remove Number").at("button", "Remove").click().await;
    browser.at("button", "Remove +4490*").gone().await;
    wait_for("one entry", async || {
        let list = app.admin().await.json(LIST).await;
        (list["items"].as_array().map(Vec::len) == Some(1)).then_some(())
    })
    .await;
}
