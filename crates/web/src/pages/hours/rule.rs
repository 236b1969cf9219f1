//! Calendars and capacity rules as the pages edit them: both are a week and dates.

use ringback_domain::calendar::capacity::{CapacityException, CapacityInterval};
use ringback_domain::calendar::office_hours::{DateException, MANUAL, OpenInterval};
use ringback_domain::calendar::schedule::Weekly;
use ringback_domain::wire::calendar::{
    CapacityRule, CapacityRuleView, EditCapacityRule, EditOfficeHours, OfficeHoursCalendar, OfficeHoursView,
};
use ringback_domain::wire::callback::ServiceRef;
use ringback_domain::wire::endpoint::{
    DeleteCapacityRule, DeleteOfficeHours, GetCapacityRule, GetOfficeHours, ListCapacityRules,
    ListOfficeHours, PatchCapacityRule, PatchOfficeHours, PostCapacityRule, PostOfficeHours,
};
use ringback_domain::{CalendarId, CapacityRuleId, LocalDate};
use uuid::Uuid;

use super::week;
use crate::api::Failure;
use crate::client::Client;
use crate::forms::Submission;

/// What is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A calendar of office hours. Its intervals have a capacity that nobody sees.
    Hours,
    /// A capacity rule.
    Capacity,
}

/// What people say of a calendar or a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) name: String,
    pub(super) time_zone: String,
    /// Length of a slot; 0 for a calendar.
    pub(super) slot_minutes: u16,
    pub(super) weekly: Weekly<CapacityInterval>,
    pub(super) exceptions: Vec<Exception>,
}

/// What is said of a date instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    pub(super) date: LocalDate,
    /// Empty for none.
    pub(super) label: String,
    /// Where it comes from.
    pub(super) source: String,
    /// Empty for a date that is closed or has no capacity.
    pub(super) intervals: Vec<CapacityInterval>,
}

/// A calendar or a rule as the server keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// `None` for one that is not created yet.
    pub(super) id: Option<Uuid>,
    pub(super) version: i64,
    pub(super) content: Content,
    pub(super) used_by: Vec<ServiceRef>,
}

fn open(of: &CapacityInterval) -> OpenInterval {
    OpenInterval { from: of.from, to: of.to }
}

fn of_open(open: OpenInterval) -> CapacityInterval {
    CapacityInterval { from: open.from, to: open.to, capacity: 1 }
}

fn label(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl Content {
    /// The week of a calendar.
    pub(super) fn open_week(&self) -> Weekly<OpenInterval> {
        week::map(&self.weekly, open)
    }

    /// The dates of a calendar.
    pub(super) fn open_dates(&self) -> Vec<DateException> {
        let date = |of: &Exception| DateException {
            date: of.date,
            closed: of.intervals.is_empty(),
            hours: of.intervals.iter().map(open).collect(),
            label: label(&of.label),
            source: of.source.clone(),
        };
        self.exceptions.iter().map(date).collect()
    }

    fn capacity_dates(&self) -> Vec<CapacityException> {
        let date = |of: &Exception| CapacityException {
            date: of.date,
            slots: of.intervals.clone(),
            label: label(&of.label),
        };
        self.exceptions.iter().map(date).collect()
    }
}

impl From<OfficeHoursView> for Record {
    fn from(view: OfficeHoursView) -> Self {
        let date = |of: DateException| Exception {
            date: of.date,
            label: of.label.unwrap_or_default(),
            source: of.source,
            intervals: of.hours.into_iter().map(of_open).collect(),
        };
        let content = Content {
            name: view.name,
            time_zone: view.time_zone,
            slot_minutes: 0,
            weekly: week::map(&view.weekly, |open| of_open(*open)),
            exceptions: view.exceptions.into_iter().map(date).collect(),
        };
        Self { id: Some(view.id.0), version: view.version, content, used_by: view.used_by }
    }
}

impl From<CapacityRuleView> for Record {
    fn from(view: CapacityRuleView) -> Self {
        let date = |of: CapacityException| Exception {
            date: of.date,
            label: of.label.unwrap_or_default(),
            source: MANUAL.to_owned(),
            intervals: of.slots,
        };
        let content = Content {
            name: view.name,
            time_zone: view.time_zone,
            slot_minutes: view.slot_minutes,
            weekly: view.weekly,
            exceptions: view.exceptions.into_iter().map(date).collect(),
        };
        Self { id: Some(view.id.0), version: view.version, content, used_by: view.used_by }
    }
}

impl Kind {
    /// All of them, by name.
    pub(super) async fn list(self, client: Client) -> Result<Vec<Record>, Failure> {
        Ok(match self {
            Self::Hours => client.call(&ListOfficeHours).await?.items.into_iter().map(Into::into).collect(),
            Self::Capacity => {
                client.call(&ListCapacityRules).await?.items.into_iter().map(Into::into).collect()
            }
        })
    }

    /// One of them as it is now.
    pub(super) async fn read(self, client: Client, id: Uuid) -> Result<Record, Failure> {
        Ok(match self {
            Self::Hours => client.call(&GetOfficeHours(CalendarId(id))).await?.into(),
            Self::Capacity => client.call(&GetCapacityRule(CapacityRuleId(id))).await?.into(),
        })
    }

    /// Creates one, or sends what differs from what was read.
    pub(super) async fn save(
        self,
        submission: Submission,
        before: Record,
        content: Content,
    ) -> Result<Record, Failure> {
        fn changed<T>(differs: bool, value: T) -> Option<T> {
            differs.then_some(value)
        }
        let old = &before.content;
        let weekly_differs = old.weekly != content.weekly;
        let dates_differ = old.exceptions != content.exceptions;
        let version = Some(before.version);
        let (name, time_zone) = (content.name.clone(), content.time_zone.clone());
        let new_name = changed(old.name != name, name.clone());
        let new_zone = changed(old.time_zone != time_zone, time_zone.clone());
        let slot_minutes = content.slot_minutes;
        Ok(match (self, before.id) {
            (Self::Hours, None) => {
                let (weekly, exceptions) = (content.open_week(), content.open_dates());
                let holiday_sets = Vec::new();
                let calendar = OfficeHoursCalendar { name, time_zone, weekly, exceptions, holiday_sets };
                submission.command(PostOfficeHours(calendar), None).await?.into()
            }
            (Self::Hours, Some(id)) => {
                let edit = EditOfficeHours {
                    name: new_name,
                    time_zone: new_zone,
                    weekly: changed(weekly_differs, content.open_week()),
                    exceptions: changed(dates_differ, content.open_dates()),
                    holiday_sets: None,
                };
                submission.command(PatchOfficeHours(CalendarId(id), edit), version).await?.into()
            }
            (Self::Capacity, None) => {
                let (exceptions, weekly) = (content.capacity_dates(), content.weekly);
                let rule = CapacityRule { name, time_zone, slot_minutes, weekly, exceptions };
                submission.command(PostCapacityRule(rule), None).await?.into()
            }
            (Self::Capacity, Some(id)) => {
                let edit = EditCapacityRule {
                    name: new_name,
                    time_zone: new_zone,
                    slot_minutes: changed(old.slot_minutes != slot_minutes, slot_minutes),
                    exceptions: changed(dates_differ, content.capacity_dates()),
                    weekly: changed(weekly_differs, content.weekly),
                };
                submission.command(PatchCapacityRule(CapacityRuleId(id), edit), version).await?.into()
            }
        })
    }

    /// Deletes one that no service uses.
    pub(super) async fn delete(
        self,
        submission: Submission,
        id: Uuid,
        version: Option<i64>,
    ) -> Result<(), Failure> {
        match self {
            Self::Hours => submission.command(DeleteOfficeHours(CalendarId(id)), version).await,
            Self::Capacity => submission.command(DeleteCapacityRule(CapacityRuleId(id)), version).await,
        }
    }
}
