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
use crate::phone;
use crate::store::list::{Search, SearchColumn, SearchPlan, Selection};

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
    let raw = phone::of_query(filter.search.as_deref().unwrap_or_default());
    let text = Some(raw.trim()).filter(|text| !text.is_empty());
    let search = text.and_then(|text| {
        let folded = fold(text);
        let in_column = |column| {
            let (services, plan) = (Vec::new(), SearchPlan::Scan);
            Some(Search { column, text: folded.clone(), numbers: Vec::new(), services, plan })
        };
        let numbers = || {
            let seen = services.all().iter().filter(|service| caller.visible.contains(service.id));
            phone::search_parts(&raw, seen.map(|service| service.default_country.as_str()))
        };
        let name_matches = |id| services.get(id).is_some_and(|service| fold(&service.name).contains(&folded));
        match filter.search_field.unwrap_or_default() {
            SearchField::CustomerNumber => {
                // A text without digits matches no number; empty digits would
                // match all.
                let numbers = if numbers() == [""] { vec![folded.clone()] } else { numbers() };
                in_column(SearchColumn::CustomerNumber).map(|search| Search { numbers, ..search })
            }
            SearchField::Id => {
                let letters: String = folded.chars().filter(|letter| *letter != '-').collect();
                let text = if letters.is_empty() { folded.clone() } else { letters };
                in_column(SearchColumn::Id).map(|search| Search { text, ..search })
            }
            SearchField::Service => {
                keep(&name_matches);
                None
            }
            SearchField::State => in_column(SearchColumn::State),
            SearchField::Result => in_column(SearchColumn::Result),
            SearchField::Agent => in_column(SearchColumn::Agent),
            SearchField::CreatedBy => in_column(SearchColumn::CreatedBy),
            SearchField::CancelledBy => in_column(SearchColumn::CancelledBy),
            SearchField::Language => in_column(SearchColumn::Language),
            SearchField::Any => {
                let services = services.ids().into_iter().filter(|id| name_matches(*id)).collect();
                in_column(SearchColumn::Any).map(|search| Search { services, numbers: numbers(), ..search })
            }
        }
    });
    Ok(Selection {
        from: filter.from,
        to: filter.to,
        daily: daily::of_filter(filter)?,
        // A set: the list has a run for each, however often it was named.
        states: StateName::ALL.iter().copied().filter(|state| filter.state.contains(state)).collect(),
        services: shown,
        search,
        overdue_at: filter.overdue.unwrap_or_default().then_some(now),
    })
}
