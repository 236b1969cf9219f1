//! Callbacks as a caller sees them.

use std::sync::Arc;

use ringback_domain::callback::gates::{Case, NumberStanding, Standing};
use ringback_domain::callback::waiting::{WaitingFor, WaitingReason};
use ringback_domain::callback::{Callback, CallbackType, rules};
use ringback_domain::dial::RetryPolicy;
use ringback_domain::wire::callback::{
    CallbackView, CalledPartyView, Can, CancellationView, Metrics, ServiceRef,
};
use ringback_domain::wire::user_data::UserData;
use ringback_domain::{Permission, ResultCode, Service, ServiceId, State, StateName, Timestamp, retention};

use super::Queries;
use crate::auth::Grant;
use crate::called_party::Customer;
use crate::directory::Services;
use crate::error::Error;
use crate::phone;
use crate::positions::Positions;
use crate::store::list::Summary;

/// The caller's rights and the time of the query, on which a view depends.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    manage: bool,
    now: Timestamp,
}

impl Viewer {
    /// The caller, now.
    pub fn of(grant: &Grant, now: Timestamp) -> Self {
        Self { manage: grant.may(Permission::ManageCallbacks), now }
    }

    /// A viewer who may or may not manage callbacks.
    pub const fn new(manage: bool, now: Timestamp) -> Self {
        Self { manage, now }
    }

    /// Whether the viewer may manage callbacks.
    pub const fn manages(self) -> bool {
        self.manage
    }

    /// The time of the query.
    pub const fn now(self) -> Timestamp {
        self.now
    }

    fn can(
        self,
        state: StateName,
        result: Option<ResultCode>,
        recreated: bool,
        quarantined: bool,
        cancelling: bool,
    ) -> Can {
        Can {
            reschedule: self.manage && rules::can_reschedule(state) && !cancelling,
            cancel: self.manage && rules::can_cancel(state),
            undo: self.manage && cancelling,
            recreate: self.manage && rules::can_recreate(result, recreated),
            requeue: self.manage && quarantined && !cancelling,
            close: self.manage && rules::can_close(state),
        }
    }
}

fn service_ref(services: &Services, id: ServiceId) -> ServiceRef {
    let name = services.get(id).map(|service| service.name.clone()).unwrap_or_default();
    ServiceRef { id, name }
}

/// Dial attempts in all, as the service of a callback allows now.
pub(crate) fn max_attempts(services: &Services, id: ServiceId) -> u32 {
    let policy = |service: &Service| service.settings.retry_policy.max_attempts;
    services.get(id).map_or_else(|| RetryPolicy::default().max_attempts, policy)
}

/// The positions in the queue, read only if a row is queued.
pub(crate) async fn positions_for(
    queries: &Queries,
    rows: &[Arc<Summary>],
) -> Result<Option<Arc<Positions>>, Error> {
    let any_queued = rows.iter().any(|row| row.state == StateName::Queued);
    Ok(if any_queued { Some(queries.positions().await?) } else { None })
}

/// By which clock the customer of a callback is called.
fn called_party(callback: &Callback, services: &Services, now: Timestamp) -> Option<CalledPartyView> {
    let party = Customer::from(callback).called_by(services.get(callback.request.service_id)?, now)?;
    Some(CalledPartyView::of(&party, callback.is_outside_hours()))
}

/// What a row waits for.
pub(crate) fn waiting_for(
    row: &Summary,
    services: &Services,
    positions: Option<&Positions>,
    now: Timestamp,
) -> Option<WaitingFor> {
    let standing = Standing {
        state: row.state,
        desired_time: row.desired_time,
        retry_at: row.retry_at,
        quarantined_at: row.quarantined_at,
        cancellation: row.cancel_at.zip(row.cancel_kind.map(ResultCode::of_cancellation)),
    };
    let customer = Customer {
        number: &row.customer_number,
        time_zone: row.customer_time_zone.as_deref(),
        spared_until: row.spared_until,
    };
    let is_called = positions.is_some_and(|positions| positions.is_called(row.id));
    waits(standing, customer, is_called, row.service_id, services, now)
}

/// What a callback waits for: a number that may not be called waits for its turn.
pub(super) fn waits(
    standing: Standing,
    customer: Customer<'_>,
    is_called: bool,
    service: ServiceId,
    services: &Services,
    now: Timestamp,
) -> Option<WaitingFor> {
    let is_queued = standing.state == StateName::Queued;
    let called_by = |service: &Service| customer.called_by(service, now);
    let party = services.get(service).filter(|_| is_queued).and_then(called_by);
    let case = Case {
        callback: Some(standing),
        service: services.standing(service),
        number: NumberStanding::default(),
        is_called,
        party: party.as_ref(),
    };
    case.waiting_for(now)
}

/// Position in the queue and estimated wait of a row, if it is in line.
pub(crate) fn position_and_wait(
    row: &Summary,
    waiting_for: Option<WaitingFor>,
    positions: Option<&Positions>,
) -> (Option<u32>, Option<u32>) {
    let in_line = waiting_for.is_some_and(|waiting| waiting.reason == WaitingReason::Agent);
    let positions = positions.filter(|_| in_line);
    let position = positions.and_then(|positions| positions.position(row.id));
    let wait = position
        .zip(positions)
        .and_then(|(position, positions)| positions.estimated_wait_seconds(row.service_id, position));
    (position, wait)
}

/// Rows of a list as the caller sees them.
pub async fn of_summaries(
    queries: &Queries,
    rows: &[Arc<Summary>],
    viewer: Viewer,
) -> Result<Vec<CallbackView>, Error> {
    let services = queries.directory.services().await?;
    let positions = positions_for(queries, rows).await?;
    Ok(rows.iter().map(|row| of_summary(row, &services, positions.as_deref(), viewer)).collect())
}

/// A row of a list.
pub fn of_summary(
    row: &Summary,
    services: &Services,
    positions: Option<&Positions>,
    viewer: Viewer,
) -> CallbackView {
    let waiting_for = waiting_for(row, services, positions, viewer.now);
    let (position, wait) = position_and_wait(row, waiting_for, positions);
    let on_time = |at: Option<Timestamp>| {
        at.map(|at| rules::is_on_time(at, row.desired_time, row.desired_window_seconds))
    };
    CallbackView {
        id: row.id,
        service: service_ref(services, row.service_id),
        callback_type: row.callback_type,
        state: row.state,
        result: row.result,
        result_category: row.result.map(ResultCode::category),
        desired_time: row.desired_time,
        desired_local: None,
        desired_time_zone: None,
        desired_window_seconds: row.desired_window_seconds,
        overdue: rules::is_overdue(row.state, row.desired_time, row.desired_window_seconds, viewer.now),
        scheduled_origin: row.callback_type == CallbackType::Scheduled,
        waiting_for,
        cancellation: row.cancellation(),
        can: viewer.can(
            row.state,
            row.result,
            row.recreated_as.is_some(),
            row.quarantined_at.is_some(),
            row.cancel_at.is_some(),
        ),
        origin: row.origin,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
        expires_at: retention::expires_at(row.desired_time),
        priority: row.priority,
        language: row.language.clone(),
        customer_time_zone: row.customer_time_zone.clone(),
        called_party: None,
        recreated_from: row.recreated_from,
        recreated_as: row.recreated_as,
        user_data: None,
        name_recording: None,
        customer_number_formatted: phone::format(&row.customer_number),
        customer_number: row.customer_number.clone(),
        customer_number_extension: row.customer_number_extension.clone(),
        number_warning: row.number_warning,
        metrics: Metrics {
            position_in_queue: position,
            estimated_wait_seconds: wait,
            attempts_made: row.attempts_made,
            max_attempts: max_attempts(services, row.service_id),
            created_by: row.created_by.clone(),
            queued_at: row.queued_at,
            retry_at: row.retry_at,
            first_attempted_at: row.first_attempted_at,
            attempted_on_time: on_time(row.first_attempted_at),
            quarantined_at: row.quarantined_at,
            agent: row.agent.clone(),
            agent_reserved_at: row.reserved_at,
            agent_connected_at: row.connected_at,
            connected_on_time: on_time(row.connected_at),
            completed_at: row.completed_at,
            ..Metrics::default()
        },
    }
}

/// A full record with the metrics of its state, except its position in the
/// queue, its dial results and its name recording. `is_called` if its customer is being
/// called for another callback.
pub fn of_callback(
    callback: &Callback,
    is_called: bool,
    services: &Services,
    viewer: Viewer,
) -> CallbackView {
    let state = callback.state.name();
    let extension = callback.request.customer_number_extension.as_ref();
    let completion = if let State::Completed(completion) = &callback.state { Some(completion) } else { None };
    let result = completion.map(|completion| completion.result);
    let queued = if let State::Queued(queued) = &callback.state { Some(queued) } else { None };
    let quarantined_at = queued.and_then(|queued| queued.quarantined_at);
    let reservation = callback.state.reservation();
    let queued_at = callback.state.queued_at();
    let reserved_at = reservation
        .map(|reservation| reservation.reserved_at)
        .or(completion.and_then(|completion| completion.reserved_at));
    let connected_at = callback.state.connected_at();
    let completed_at = completion.map(|completion| completion.completed_at);
    let between = |later: Option<Timestamp>, earlier: Option<Timestamp>| {
        later.zip(earlier).map(|(later, earlier)| later.seconds_since(earlier))
    };
    let on_time = |at: Option<Timestamp>| {
        at.map(|at| rules::is_on_time(at, callback.desired_time, callback.desired_window_seconds))
    };
    CallbackView {
        id: callback.id,
        service: service_ref(services, callback.request.service_id),
        customer_number: callback.request.customer_number.as_str().to_owned(),
        customer_number_formatted: phone::format(callback.request.customer_number.as_str()),
        customer_number_extension: extension.map(|extension| extension.as_str().to_owned()),
        number_warning: callback.request.number_warning,
        callback_type: callback.request.callback_type,
        state,
        result,
        result_category: result.map(ResultCode::category),
        desired_time: callback.desired_time,
        desired_local: callback.wall_time.as_ref().map(|wall| wall.local),
        desired_time_zone: callback.wall_time.as_ref().map(|wall| wall.time_zone.clone()),
        desired_window_seconds: callback.desired_window_seconds,
        overdue: rules::is_overdue(state, callback.desired_time, callback.desired_window_seconds, viewer.now),
        scheduled_origin: callback.request.callback_type == CallbackType::Scheduled,
        waiting_for: waits(
            Standing::from(callback),
            Customer::from(callback),
            is_called,
            callback.request.service_id,
            services,
            viewer.now,
        ),
        cancellation: callback.cancellation.as_ref().map(CancellationView::from),
        can: viewer.can(
            state,
            result,
            callback.recreated_as.is_some(),
            quarantined_at.is_some(),
            callback.cancellation.is_some(),
        ),
        origin: callback.origin,
        created_at: callback.created_at,
        updated_at: callback.updated_at,
        version: callback.version,
        expires_at: callback.expires_at(),
        priority: callback.request.priority,
        language: callback.request.language.clone(),
        customer_time_zone: callback.request.customer_time_zone.clone(),
        called_party: called_party(callback, services, viewer.now),
        recreated_from: callback.recreated_from,
        recreated_as: callback.recreated_as,
        // It was checked to be valid JSON before it was stored.
        user_data: callback.request.user_data.clone().and_then(UserData::from_text),
        name_recording: None,
        metrics: Metrics {
            position_in_queue: None,
            estimated_wait_seconds: None,
            last_position_in_queue: callback.last_place.map(|place| place.position),
            last_estimated_wait_seconds: callback.last_place.and_then(|place| place.estimated_wait_seconds),
            attempts_made: callback.attempts_made(),
            max_attempts: max_attempts(services, callback.request.service_id),
            created_by: callback.created_by.clone(),
            rescheduled_by: callback.reschedules.last_by.clone(),
            cancelled_by: completion.and_then(|completion| completion.cancelled_by.clone()),
            recreated_by: callback.recreated_by.clone(),
            reschedule_count: callback.reschedules.count,
            last_rescheduled_at: callback.reschedules.last_at,
            arrived_at: callback.request.arrived_at,
            queued_at,
            retry_at: queued.and_then(|queued| queued.retry_at),
            first_attempted_at: callback.first_attempted_at,
            attempted_on_time: on_time(callback.first_attempted_at),
            quarantined_at,
            agent: reservation
                .map(|reservation| reservation.agent.clone())
                .or_else(|| completion.and_then(|completion| completion.agent.clone())),
            agent_reserved_at: reserved_at,
            agent_connected_at: connected_at,
            connected_on_time: on_time(connected_at),
            completed_at,
            disposition: completion.and_then(|completion| completion.disposition.clone()),
            wait_for_agent_seconds: between(reserved_at, queued_at),
            establish_seconds: between(connected_at, reserved_at),
            handling_seconds: between(completed_at, connected_at),
            punctuality_seconds: connected_at.map(|at| at.seconds_since(callback.desired_time)),
            dial_results: Vec::new(),
        },
    }
}
