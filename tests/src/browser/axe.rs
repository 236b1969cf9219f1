//! Checks a page with axe-core.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Browser, text};

const AXE: &str = include_str!("../../assets/axe-core/axe.min.js");

/// WCAG 2.2, levels A and AA.
const TAGS: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

impl Browser {
    /// Panics if the current page breaks a rule of WCAG 2.2 A or AA.
    pub async fn axe(&self) {
        let faults = self.axe_faults().await;
        assert!(faults.is_empty(), "{} breaks WCAG:{faults}", self.url().await);
    }

    /// Where the current page breaks a rule of WCAG 2.2 A or AA, a line each.
    pub async fn axe_faults(&self) -> String {
        // Colours are measured wrongly while they are animated.
        let reduced_motion = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
        self.chromium("Emulation.setEmulatedMedia", reduced_motion).await.expect("it reduces motion");
        if self.script("return typeof axe").await != "object" {
            self.script(AXE).await;
        }
        let run = format!(
            "for (const animation of document.getAnimations()) {{
                if (animation.effect?.getTiming().iterations !== Infinity) animation.finish();
            }}
            const options = {{ runOnly: {{ type: 'tag', values: {} }}, preload: false }};
            const fault = node => ({{ target: node.target.join(' '), why: node.failureSummary }});
            return axe.run(document, options).then(({{ passes, violations }}) => ({{
                passes: passes.length,
                violations: violations.map(({{ id, nodes }}) => ({{ id, nodes: nodes.map(fault) }})),
            }}));",
            json!(TAGS)
        );
        let result = self.script(&run).await;
        assert!(result["passes"].as_u64() > Some(0), "no rule was checked: {result}");
        report(&result["violations"])
    }
}

fn report(violations: &Value) -> String {
    let mut report = String::new();
    for rule in violations.as_array().into_iter().flatten() {
        for node in rule["nodes"].as_array().into_iter().flatten() {
            let (id, target, why) = (text(&rule["id"]), text(&node["target"]), text(&node["why"]));
            write!(report, "\n{id} at {target}: {why}").expect("a string takes text");
        }
    }
    report
}
