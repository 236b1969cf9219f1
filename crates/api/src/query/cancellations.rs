//! Which callbacks were cancelled, by whomever.

use ringback_domain::text::fold;
use ringback_domain::wire::bulk::{CancellationsQuery, ReportLine};
use ringback_domain::wire::list::{MAX_FILTER_SERVICES, PAGE_LIMIT, Page};
use ringback_domain::wire::problem::FieldCode;

use super::{Queries, filter};
use crate::auth::Grant;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::phone;
use crate::store::list::{self, Cancelled, Cursor};

impl Queries {
    /// The next lines of the report of cancellations that the caller may see.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the query is invalid.
    pub async fn cancellations(
        &self,
        grant: &Grant,
        query: &CancellationsQuery,
    ) -> Result<Page<ReportLine>, Error> {
        let invalid = |field, code, detail: String| Err(Error::invalid(Part::Parameter(field), code, detail));
        let limit = query.limit.unwrap_or(PAGE_LIMIT);
        if !(1..=PAGE_LIMIT).contains(&limit) {
            let detail = format!("`limit` must be between 1 and {PAGE_LIMIT}.");
            return invalid(Field::Limit, FieldCode::OutOfRange, detail);
        }
        if query.from.zip(query.to).is_some_and(|(from, to)| from > to) {
            return invalid(Field::To, FieldCode::InvalidValue, "`to` must be after `from`.".to_owned());
        }
        if query.service.len() > MAX_FILTER_SERVICES {
            let detail = format!("Name at most {MAX_FILTER_SERVICES} services.");
            return invalid(Field::Service, FieldCode::TooLong, detail);
        }
        filter::check_length(Field::CancelledBy, query.cancelled_by.as_deref())?;
        let after = query.cursor.as_deref().map(|cursor| {
            let detail = "Use `next` of a page as `cursor`.";
            Cursor::decode(cursor).ok_or_else(|| {
                Error::invalid(Part::Parameter(Field::Cursor), FieldCode::InvalidValue, detail)
            })
        });
        let after = after.transpose()?;
        let services = self.directory.services().await?;
        let mut shown = filter::visible(&services, grant);
        if !query.service.is_empty() {
            let mut ids = shown.unwrap_or_else(|| services.ids());
            ids.retain(|id| query.service.contains(id));
            shown = Some(ids);
        }
        let wanted = Cancelled {
            from: query.from,
            to: query.to,
            services: shown,
            by: query.cancelled_by.as_deref().map(fold),
        };
        let _turn = self.export_turn().await?;
        let mut conn = self.store.read().await?;
        let (lines, next) = list::cancelled(&mut conn, &wanted, after, limit).await?;
        let named = |(id, line): (_, ReportLine)| ReportLine {
            service: services.get(id).map(|service| service.name.clone()),
            customer_number_formatted: line.customer_number.as_deref().map(phone::format),
            ..line
        };
        let items = lines.into_iter().map(named).collect();
        Ok(Page { items, next: next.map(|cursor| cursor.encode()), previous: None })
    }
}
