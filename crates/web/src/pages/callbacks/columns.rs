//! The columns of the table.

use ringback_domain::wire::list::Sort;

use crate::messages;
use crate::width::Width;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Column {
    /// The arrow that expands the row.
    Metrics,
    /// State, result, origin and warning.
    State,
    /// Desired time.
    DesiredTime,
    /// Service.
    Service,
    /// Customer number.
    Number,
    /// Attempts made of those allowed.
    Attempts,
    /// Agent.
    Agent,
    /// Last change.
    Updated,
    /// Id.
    Id,
    /// What can be done with the row.
    Actions,
}

impl Column {
    /// The columns for a width. What does not fit is not rendered; it is in
    /// the expanded row.
    pub(crate) fn shown(width: Width, manages: bool) -> Vec<Self> {
        let least = |column: &Self| match column {
            Self::Agent | Self::Updated => Width::Wide,
            Self::Attempts | Self::Id => Width::Medium,
            _ => Width::Cards,
        };
        let all = [
            Self::Metrics,
            Self::State,
            Self::DesiredTime,
            Self::Service,
            Self::Number,
            Self::Attempts,
            Self::Agent,
            Self::Updated,
            Self::Id,
            Self::Actions,
        ];
        all.into_iter()
            .filter(|column| width >= least(column) && (manages || *column != Self::Actions))
            .collect()
    }

    /// The text of its head.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Metrics => messages::column_metrics(),
            Self::State => messages::column_state(),
            Self::DesiredTime => messages::column_desired_time(),
            Self::Service => messages::column_service(),
            Self::Number => messages::column_number(),
            Self::Attempts => messages::column_attempts(),
            Self::Agent => messages::column_agent(),
            Self::Updated => messages::column_updated(),
            Self::Id => messages::column_id(),
            Self::Actions => messages::column_actions(),
        }
    }

    /// The text of its head is for screen readers only.
    pub(crate) const fn is_silent(self) -> bool {
        matches!(self, Self::Metrics | Self::Actions)
    }

    /// Gives the column its width.
    pub(crate) const fn width_class(self) -> &'static str {
        match self {
            Self::Metrics => "c-exp",
            Self::State => "c-state",
            Self::DesiredTime => "c-time",
            Self::Service => "c-svc",
            Self::Number => "c-num",
            Self::Attempts => "c-att",
            Self::Agent => "c-agent",
            Self::Updated => "c-upd",
            Self::Id => "c-id",
            Self::Actions => "c-act",
        }
    }

    /// Upwards and downwards, where one can sort by it.
    pub(crate) const fn sorts(self) -> Option<(Sort, Sort)> {
        match self {
            Self::State => Some((Sort::State, Sort::StateDescending)),
            Self::DesiredTime => Some((Sort::DesiredTime, Sort::DesiredTimeDescending)),
            Self::Service => Some((Sort::Service, Sort::ServiceDescending)),
            Self::Updated => Some((Sort::UpdatedAt, Sort::UpdatedAtDescending)),
            _ => None,
        }
    }
}

/// The name of what the list is sorted by.
pub(crate) fn sort_label(sort: Sort) -> &'static str {
    match sort {
        Sort::DesiredTime | Sort::DesiredTimeDescending => messages::column_desired_time(),
        Sort::CreatedAt | Sort::CreatedAtDescending => messages::column_created(),
        Sort::UpdatedAt | Sort::UpdatedAtDescending => messages::column_updated(),
        Sort::State | Sort::StateDescending => messages::column_state(),
        Sort::Service | Sort::ServiceDescending => messages::column_service(),
    }
}
