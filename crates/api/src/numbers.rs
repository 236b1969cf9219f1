//! The number rules of services.

use std::collections::HashMap;

use ringback_domain::number_rule::{Candidate, NumberRule, matching};
use ringback_domain::wire::gates::GateRule;
use ringback_domain::wire::reference::NumberKind;
use ringback_domain::{NumberRuleId, PhoneNumber, Service};

use crate::phone;
use crate::store::rules::{self, Kept};
use crate::store::{Conn, StoreResult};

/// The number rules of services.
#[derive(Debug, Default)]
pub struct NumberRules(HashMap<NumberRuleId, Kept<NumberRule>>);

impl NumberRules {
    /// The rules of these services; no statement where there are none.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn of(conn: &mut Conn, services: &[Service]) -> StoreResult<Self> {
        let ids = services.iter().flat_map(|service| &service.settings.number_rules).map(|id| id.0).collect();
        let kept = rules::find_all::<NumberRule>(conn, ids).await?;
        Ok(Self(kept.into_iter().map(|kept| (kept.number_rule_id(), kept)).collect()))
    }

    /// The rule by which a service does not call this number.
    pub fn matching(&self, service: &Service, number: &PhoneNumber) -> Option<&Kept<NumberRule>> {
        let kept: Vec<_> = service.settings.number_rules.iter().filter_map(|id| self.0.get(id)).collect();
        if kept.is_empty() {
            return None;
        }
        let (country, kind, _) = phone::describe(number);
        let is_premium = kind == Some(NumberKind::PremiumRate);
        let candidate = Candidate { number, country: country.as_deref(), is_premium };
        let rules: Vec<&NumberRule> = kept.iter().map(|kept| &kept.rule).collect();
        Some(kept[matching(&rules, candidate)?])
    }

    /// The same as a gate names it.
    pub fn refusal(&self, service: &Service, number: &PhoneNumber) -> Option<GateRule> {
        let found = self.matching(service, number)?;
        Some(GateRule {
            id: found.id.to_string(),
            name: found.rule.name.clone(),
            version: Some(found.version),
            source_url: None,
        })
    }
}
