//! The do-not-call list as the caller sees it.

use ringback_domain::do_not_call::Scope;
use ringback_domain::wire::do_not_call::{DO_NOT_CALL_PAGE_LIMIT, DoNotCallEntry, DoNotCallQuery};
use ringback_domain::wire::list::Page;
use ringback_domain::wire::problem::FieldCode;
use uuid::Uuid;

use super::{Queries, filter};
use crate::auth::Grant;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::store::do_not_call::{self, Place};

impl Queries {
    /// A page of the list. Entries of services that the caller may not see are left out, so a
    /// page may be short although another follows.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the query is invalid.
    pub async fn do_not_call(
        &self,
        grant: &Grant,
        query: &DoNotCallQuery,
    ) -> Result<Page<DoNotCallEntry>, Error> {
        let invalid = |field, code, detail: &str| Error::invalid(Part::Parameter(field), code, detail);
        let limit = query.limit.unwrap_or(DO_NOT_CALL_PAGE_LIMIT);
        if !(1..=DO_NOT_CALL_PAGE_LIMIT).contains(&limit) {
            let detail = format!("`limit` must be between 1 and {DO_NOT_CALL_PAGE_LIMIT}.");
            return Err(invalid(Field::Limit, FieldCode::OutOfRange, &detail));
        }
        filter::check_length(Field::Search, query.search.as_deref())?;
        let search = query.search.as_deref().unwrap_or_default();
        let digits: String = search.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() && !search.trim().is_empty() {
            return Err(invalid(Field::Search, FieldCode::InvalidValue, "Search for digits of a number."));
        }
        let after = match query.cursor.as_deref() {
            None => (String::new(), Uuid::nil()),
            Some(cursor) => decode(cursor).ok_or_else(|| {
                invalid(Field::Cursor, FieldCode::InvalidValue, "Unknown cursor. Use `next` of a page.")
            })?,
        };
        let mut conn = self.store.read().await?;
        let (mut items, end) = do_not_call::page(&mut conn, &digits, after, limit).await?;
        items.retain(|entry| match entry.scope {
            Scope::All => true,
            Scope::Service(id) => grant.visible.contains(id),
        });
        Ok(Page {
            items: items.into_iter().map(DoNotCallEntry::from).collect(),
            next: end.map(|(number, id)| format!("{}-{}", &number[1..], id.simple())),
            previous: None,
        })
    }
}

fn decode(cursor: &str) -> Option<Place> {
    let (digits, id) = cursor.split_once('-')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    Some((format!("+{}", is_number.then_some(digits)?), id.parse().ok()?))
}
