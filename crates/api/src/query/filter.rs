//! Turns the filter of a request into a selection of the store.

use ringback_domain::text::fold;
use ringback_domain::wire::list::{CallbackFilter, MAX_FILTER_SERVICES, SearchField};
use ringback_domain::wire::problem::FieldCode;
use ringback_domain::{ServiceId, StateName, Timestamp, VisibleServices};

use super::daily;
use crate::auth::Grant;
use crate::directory::Services;
use crate::error::Error;
use crate::fault::{Field, Part};
use crate::phone::{self, Sought};
use crate::store::list::{Search, SearchPlan, Selection};

/// Longest text that can be searched for.
const MAX_SEARCH_CHARS: usize = 100;

/// The services that the caller may see as of now, ordered by name: also for those
/// who see all, if what is asked goes on for longer than a moment.
pub fn snapshot(services: &Services, caller: &Grant) -> Vec<ServiceId> {
    services.ids().into_iter().filter(|id| caller.visible.contains(*id)).collect()
}

/// The services that the caller may see, ordered by name; `None` for all.
pub fn visible(services: &Services, caller: &Grant) -> Option<Vec<ServiceId>> {
    match &caller.visible {
        VisibleServices::All => None,
        VisibleServices::Only(ids) => {
            let ordered: Vec<ServiceId> = services.ids().into_iter().filter(|id| ids.contains(id)).collect();
            // A caller who sees every service needs no condition.
            (ordered.len() < services.all().len()).then_some(ordered)
        }
    }
}

/// Checks that a text is not too long to be searched for.
pub fn check_length(field: Field, text: Option<&str>) -> Result<(), Error> {
    if text.is_none_or(|text| text.chars().count() <= MAX_SEARCH_CHARS) {
        return Ok(());
    }
    let detail = format!("Search for at most {MAX_SEARCH_CHARS} characters.");
    Err(Error::invalid(Part::Parameter(field), FieldCode::TooLong, detail))
}

/// Checks a filter and restricts it to the caller's visible services.
pub fn of_filter(
    filter: &CallbackFilter,
    services: &Services,
    caller: &Grant,
    now: Timestamp,
) -> Result<Selection, Error> {
    if let (Some(from), Some(to)) = (filter.from, filter.to)
        && from > to
    {
        return Err(Error::invalid(
            Part::Parameter(Field::To),
            FieldCode::InvalidValue,
            "`to` must be after `from`.",
        ));
    }
    check_length(Field::Search, filter.search.as_deref())?;
    if filter.service.len() > MAX_FILTER_SERVICES {
        return Err(Error::invalid(
            Part::Parameter(Field::Service),
            FieldCode::TooLong,
            format!("Name at most {MAX_FILTER_SERVICES} services."),
        ));
    }
    let mut shown = visible(services, caller);
    let mut keep = |wanted: &dyn Fn(ServiceId) -> bool| {
        let ids = shown.take().unwrap_or_else(|| services.ids());
        shown = Some(ids.into_iter().filter(|id| wanted(*id)).collect());
    };
    if !filter.service.is_empty() {
        keep(&|id| filter.service.contains(&id));
    }
    let search = filter.search.as_deref().filter(|text| !text.trim().is_empty());
    let search = search.map(|raw| {
        let folded = fold(raw.trim());
        let name_matches = |id| services.get(id).is_some_and(|service| fold(&service.name).contains(&folded));
        let mut columns = search_columns(&filter.search_field);
        if columns == [SearchField::Service] {
            keep(&name_matches);
            columns.clear();
        }
        Search {
            numbers: number_parts(filter, services, caller),
            services: if columns.contains(&SearchField::Service) {
                services.ids().into_iter().filter(|id| name_matches(*id)).collect()
            } else {
                Vec::new()
            },
            text: folded,
            columns,
            plan: SearchPlan::Scan,
        }
    });
    Ok(Selection {
        from: filter.from,
        to: filter.to,
        daily: daily::of_filter(filter)?,
        // A set: the list has a run for each, however often it was named.
        states: StateName::ALL.iter().copied().filter(|state| filter.state.contains(state)).collect(),
        services: shown,
        search: search.filter(|search| !search.columns.is_empty()),
        overdue_at: filter.overdue.unwrap_or_default().then_some(now),
    })
}

/// The columns to search, each once.
fn search_columns(fields: &[SearchField]) -> Vec<SearchField> {
    let each = fields.iter().flat_map(|field| match field {
        SearchField::Any => SearchField::ANY.to_vec(),
        field => vec![*field],
    });
    let mut columns: Vec<SearchField> = Vec::new();
    for field in each {
        if !columns.contains(&field) {
            columns.push(field);
        }
    }
    if columns.is_empty() { vec![SearchField::default()] } else { columns }
}

/// The digits that a search looks for in numbers; empty if it is not for a number.
pub fn number_parts(filter: &CallbackFilter, services: &Services, caller: &Grant) -> Vec<String> {
    let text = filter.search.as_deref().unwrap_or_default();
    let is_searched = search_columns(&filter.search_field).contains(&SearchField::CustomerNumber);
    if is_searched { number(text, services, caller).parts } else { Vec::new() }
}

/// Reads a text from a query as a number or a part of one, in the countries of the
/// caller's services.
pub fn number(text: &str, services: &Services, caller: &Grant) -> Sought {
    let seen = services.all().iter().filter(|service| caller.visible.contains(service.id));
    phone::seek(&phone::of_query(text), seen.map(|service| service.default_country.as_str()))
}
