//! Every sentence that a person reads, by a name that the compiler checks.
//!
//! A message without parameters is a constant text; with parameters they stand
//! in braces; a message that counts has a form for one and one for others.

macro_rules! messages {
    (@ $name:ident [] $text:literal) => {
        pub(crate) const fn $name() -> &'static str {
            $text
        }
    };
    (@ $name:ident [$($arg:ident)+] $text:literal) => {
        pub(crate) fn $name($($arg: impl std::fmt::Display),+) -> String {
            format!($text)
        }
    };
    (@ $name:ident [$count:ident $($arg:ident)*] one $one:literal other $other:literal) => {
        pub(crate) fn $name($count: u64 $(, $arg: impl std::fmt::Display)*) -> String {
            if $count == 1 {
                format!($one)
            } else {
                let $count = crate::format::count($count);
                format!($other)
            }
        }
    };
    ($($name:ident $(($($arg:ident),+))? { $($form:tt)+ })+) => {
        $(messages!(@ $name [$($($arg)+)?] $($form)+);)+
    };
}

messages! {
    product { "Ringback" }
    page_title(page) { "{page} - Ringback" }
    page_title_overdue(count, page) { "({count}) {page} - Ringback" }
    none { "–" }
    dismiss { "Dismiss" }
    close { "Close" }
    loading { "Loading" }
    try_again { "Try again" }

    // Shell
    skip_to_content { "Skip to content" }
    home { "Ringback home" }
    main_navigation { "Main" }
    account(name, role) { "{name}, {role}" }
    account_menu { "Account" }
    account_services(count) { one "{count} service" other "{count} services" }
    theme { "Theme" }
    theme_system { "System" }
    theme_light { "Light" }
    theme_dark { "Dark" }
    sign_out { "Sign out" }
    notifications { "Messages" }
    simulation { "Simulation: agents and customers are played by Ringback. Nobody is really called." }
    offline { "Offline. You can read; changes are disabled." }
    role_administrator { "Administrator" }
    role_supervisor { "Supervisor" }
    role_monitor { "Monitor" }
    role_developer { "Developer" }

    // Sign in
    sign_in { "Sign in" }
    username { "Username" }
    password { "Password" }
    show_password { "Show password" }
    enter_username { "Enter your username." }
    enter_password { "Enter your password." }
    wrong_credentials { "Username or password is wrong." }
    session_ended { "Your session has ended. Sign in again to go on." }
    version(number) { "Ringback {number}" }

    // Other pages
    not_found { "Page not found" }
    not_found_text { "There is no page at this address." }
    go_to_callbacks { "Go to Callbacks" }
    no_access { "You have no access to callbacks" }
    no_access_text { "Callbacks are open to the roles Monitor, Supervisor and Administrator. Ask an Administrator to change your role." }
    start_failed { "Ringback cannot be reached" }

    // Callbacks page
    callbacks { "Callbacks" }
    create_callback { "Create Callback" }
    quick_filter { "Quick filter" }
    quick_all { "All" }
    quick_scheduled { "Scheduled" }
    quick_queued { "Queued" }
    quick_routing { "Routing" }
    quick_processing { "Processing" }
    quick_completed { "Completed" }
    quick_overdue { "Overdue" }
    date_range { "Date Range" }
    ranges_past { "Past" }
    ranges_now { "Around now" }
    ranges_ahead { "Ahead" }
    last_30_days { "Last 30 Days" }
    last_14_days { "Last 14 Days" }
    last_7_days { "Last 7 Days" }
    yesterday { "Yesterday" }
    today { "Today" }
    tomorrow { "Tomorrow" }
    next_24_hours { "Next 24 Hours" }
    next_7_days { "Next 7 Days" }
    next_14_days { "Next 14 Days" }
    next_30_days { "Next 30 Days" }
    search { "Search" }
    search_column { "Search Column" }
    search_placeholder { "Filter as you type" }
    refresh { "Refresh" }
    live { "Live" }
    connecting { "Connecting" }
    paused { "Paused" }
    updated(time) { "Updated {time}" }
    paused_banner(duration, time) { "Updates paused for {duration}. Showing {time}." }
    reconnect { "Reconnect" }
    records_region { "Callback records" }
    table_caption(range, column) { "Callbacks, {range}, sorted by {column}" }
    rows_of(from, to, total) { "{from}–{to} of {total}" }
    rows_only(rows, total) { "{rows} of {total}" }
    no_rows { "0 callbacks" }
    jump_to_now { "Jump to now" }
    at_least(count) { "{count}+" }
    new_callbacks(count) { one "{count} new callback" other "{count} new callbacks" }
    loading_callbacks { "Loading callbacks" }
    callbacks_found(count) { one "{count} callback found" other "{count} callbacks found" }
    pages { "Pages" }
    page(number) { "Page {number}" }
    previous_page { "Previous page" }
    next_page { "Next page" }
    times_in(zone) { "Times in {zone}" }
    zone_offset(zone, offset) { "{zone}, {offset}" }
    kept { "Kept 14 days" }
    now_line(time) { "Now {time}" }

    // Columns
    column_metrics { "Metrics" }
    column_state { "State" }
    column_desired_time { "Desired Callback Time" }
    column_service { "Service Name" }
    column_number { "Customer Number" }
    column_attempts { "Attempts" }
    column_agent { "Agent" }
    column_updated { "Last Update" }
    column_id { "Callback ID" }
    column_actions { "Actions" }
    column_created { "Created" }

    // Row
    metrics_of(number) { "Metrics {number}" }
    edit_of(number) { "Edit {number}" }
    recreate_of(number) { "Recreate {number}" }
    warning { "Warning" }
    warning_tip(from, to) { "Still SCHEDULED after its window, {from}–{to}." }
    originated_scheduled { "Originated as scheduled" }
    left_view { "left this view" }
    attempts_short(made, max) { "{made} / {max}" }
    due_in(duration) { "in {duration}" }
    due_now { "due now" }
    late(duration) { "{duration} late" }
    waiting(duration) { "waiting {duration}" }
    reserved(duration) { "reserved {duration}" }
    on_call(duration) { "on call {duration}" }
    seconds(count) { "{count} s" }
    minutes(count) { "{count} min" }
    hours(count) { "{count} h" }
    days(count) { one "{count} day" other "{count} days" }
    minutes_seconds(minutes, seconds) { "{minutes} min {seconds} s" }
    hours_minutes(hours, minutes) { "{hours} h {minutes} min" }

    // Expanded row
    metrics_region(number) { "Callback metrics for {number}" }
    position { "Position in Queue" }
    estimated_wait { "Estimated Wait Time" }
    waiting_term { "Waiting" }
    attempts_of(max) { "of {max}" }
    since(time) { "since {time}" }
    known_once_queued { "known once QUEUED" }
    advanced_switch { "Advanced Callback Metrics" }
    timeline { "Timeline" }
    advanced_metrics { "Advanced metrics" }
    metrics_failed { "The metrics could not be loaded." }
    timeline_failed { "The timeline could not be loaded." }
    term_origin { "Origin" }
    term_created { "Created" }
    term_created_by { "Created By" }
    term_rescheduled_by { "Rescheduled By" }
    term_times_rescheduled { "Times rescheduled" }
    term_language { "Language" }
    term_priority { "Priority" }
    term_arrived { "Waiting since" }
    term_removed { "Removed on" }
    term_queued { "Queued" }
    term_retry { "Next attempt from" }
    term_agent { "Agent" }
    term_reserved { "Agent reserved" }
    term_agent_wait { "Wait for an agent" }
    term_dial_results { "Dial results" }
    term_connected { "Agent connected" }
    term_establish { "Time to establish the call" }
    term_result { "Result" }
    term_completed { "Completed" }
    term_cancelled_by { "Cancelled By" }
    term_recreated_by { "Recreated By" }
    term_recreated_as { "Recreated as" }
    term_recreated_from { "Recreated from" }
    term_handling { "Handling time" }
    term_punctuality { "Punctuality" }
    term_disposition { "Disposition" }
    on_time { "on time" }
    early(duration) { "{duration} early" }
    origin_ui { "Callback UI" }
    origin_api { "API" }
    origin_recreate { "Recreated" }

    // Timeline
    event_created(actor) { "Created by {actor}" }
    event_rescheduled(actor) { "Rescheduled by {actor}" }
    event_submitted { "Queued" }
    event_reserved { "Agent reserved" }
    event_connected { "Agent connected" }
    event_released { "Back in queue" }
    event_lease_expired { "Reservation ran out, back in queue" }
    event_attempt_failed { "Attempt failed" }
    event_finished { "Completed" }
    event_cancelled(actor) { "Cancelled by {actor}" }
    event_recreated(actor) { "Recreated by {actor}" }
    event_expired { "Not reached while the record was kept" }
    event_from_to(from, to) { "{from} → {to}" }
    event_for(time) { "for {time}" }
    event_retry(time) { "next attempt from {time}" }
    event_related(id) { "callback {id}" }
    actor_key(name) { "API key {name}" }
    actor_system { "Ringback" }
    next_queue(time) { "Enters the queue at {time}" }
    next_agent { "Next attempt when an agent is free" }
    next_connect { "Agent and customer are connected" }
    next_finish { "The conversation ends" }

    // Dialogs
    callback_type { "Callback Type" }
    immediate { "Immediate" }
    immediate_hint { "Joins the queue now" }
    scheduled { "Scheduled" }
    scheduled_hint { "At a date and time" }
    service_type { "Service Type" }
    customer_number { "Customer Number" }
    customer_number_hint { "In national or international form, such as +44 20 7946 0318." }
    date { "Date" }
    time { "Time" }
    time_zone_hint(zone) { "Times in {zone}." }
    create { "Create" }
    choose_service { "Choose a service." }
    enter_number { "Enter the customer's number." }
    enter_date { "Enter a date." }
    enter_time { "Enter a time." }
    time_in_past { "This time has passed." }
    no_such_time { "Clocks are put forward then: this time does not exist on this day." }
    callback_created { "Callback created" }
    outside_range(time, range) { "{time} is outside {range}." }
    outside_filters { "The current filters hide it." }
    switch_to(range) { "Switch to {range}" }
    show_all { "Show all" }
    edit_callback { "Edit Callback" }
    edit_options { "Edit Options" }
    reschedule { "Reschedule" }
    only_scheduled { "Only a SCHEDULED callback can be rescheduled" }
    cancel_callback { "Cancel Callback" }
    save { "Save" }
    confirm { "Confirm" }
    cancel_consequence(time) { "The customer will not be called. The record stays as COMPLETED (CANCELLED_BY_ADMIN) until {time}." }
    removal_moves { "The record is removed 14 days after the desired time." }
    callback_rescheduled { "Callback rescheduled" }
    callback_cancelled { "Callback cancelled" }
    changed_meanwhile(before, after, time) { "This callback went from {before} to {after} at {time}." }
    no_longer_reschedulable { "It can no longer be rescheduled." }
    no_longer_cancellable { "It can no longer be cancelled." }
    moved_meanwhile(time) { "This callback was moved to {time} meanwhile." }
    recreate_callback { "Recreate Callback" }
    recreate { "Recreate" }
    callback_recreated { "Callback recreated" }
    recreate_consequence { "A new callback is made. It and the old record name each other." }
    is_now(state) { "It is {state} now." }

    // What the server finds in a form
    fault_unknown_service { "This service does not exist any more." }
    fault_not_accepting { "This service takes no new callbacks now." }
    fault_malformed_number { "This is not a phone number." }
    fault_impossible_number { "No number of this country has this length. Check for missing or extra digits." }

    // Empty and failed lists
    empty_range(range) { "No callbacks in {range}" }
    empty_range_text { "Callbacks appear here as soon as their desired time lies in this range." }
    empty_neighbour(count, range) { one "{count} callback lies in {range}." other "{count} callbacks lie in {range}." }
    show_range(range) { "Show {range}" }
    empty_search(column, text) { "No {column} contains “{text}”" }
    empty_search_any(text) { "Nothing contains “{text}”" }
    searched(range) { "Searched all callbacks in {range}." }
    clear_filter { "Clear filter" }
    empty_filter(filter, range) { "No {filter} callbacks in {range}" }
    empty_filter_text { "The quick filter hides the others." }
    list_failed { "The list could not be loaded" }
    refresh_failed { "The list could not be refreshed" }

    // Failures
    unreachable { "The server could not be reached. Check the connection." }
    unreadable(status) { "The server gave an answer that this page does not understand ({status})." }
    reference(id) { "Reference {id}." }
    problem_forbidden { "Your role does not permit this." }
    problem_not_found { "It does not exist any more, or you may not see it." }
    problem_state { "Its state does not allow this any more." }
    problem_stale { "It was changed meanwhile." }
    problem_in_flight { "The same request is still running. Try again in a moment." }
    problem_invalid { "Some values are invalid." }
    problem_rate { "Too many requests. Try again in a moment." }
    problem_internal { "Something went wrong on the server." }
    problem_unavailable { "The server is not available at the moment." }
    problem_session { "Your session has ended." }
}
