//! Every sentence that a person reads, by a name that the compiler checks, in
//! every language that the page speaks.
//!
//! A message without parameters is a constant text; with parameters they stand
//! in braces; a message that counts has a form for one and one for others. For
//! another language add it to [`Language`], and the compiler asks for its texts.

use std::fmt::Display;

use crate::language::{self, Language};

macro_rules! messages {
    (@ $name:ident [] en $en:literal de $de:literal) => {
        pub(crate) fn $name() -> &'static str {
            match language::current() {
                Language::English => $en,
                Language::German => $de,
            }
        }
    };
    (@ $name:ident [$($arg:ident)+] en $en:literal de $de:literal) => {
        pub(crate) fn $name($($arg: impl Display),+) -> String {
            let text = match language::current() {
                Language::English => $en,
                Language::German => $de,
            };
            fill(text, &[$((stringify!($arg), &$arg)),+])
        }
    };
    (@ $name:ident [$count:ident $($arg:ident)*]
        en one $en_one:literal other $en:literal de one $de_one:literal other $de:literal) => {
        pub(crate) fn $name($count: u64 $(, $arg: impl Display)*) -> String {
            let text = match (language::current(), $count) {
                (Language::English, 1) => $en_one,
                (Language::English, _) => $en,
                (Language::German, 1) => $de_one,
                (Language::German, _) => $de,
            };
            let $count = crate::format::count($count);
            fill(text, &[(stringify!($count), &$count) $(, (stringify!($arg), &$arg))*])
        }
    };
    (@@ $name:ident [$($arg:ident)*] $($form:tt)*) => {
        (stringify!($name), &[$(stringify!($arg)),*], stringify!($($form)*))
    };
    ($($name:ident $(($($arg:ident),+))? { $($form:tt)+ })+) => {
        $(messages!(@ $name [$($($arg)+)?] $($form)+);)+

        /// Each message with its parameters and its texts as they are written.
        #[cfg(test)]
        const CATALOGUE: &[(&str, &[&str], &str)] = &[$(messages!(@@ $name [$($($arg)+)?] $($form)+)),+];
    };
}

/// Puts the values where the text names them.
fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    use std::fmt::Write;
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            // Writing to a string cannot fail.
            let _ = write!(filled, "{value}");
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

messages! {
    product { en "Ringback" de "Ringback" }
    page_title(page) { en "{page} - Ringback" de "{page} - Ringback" }
    page_title_overdue(count, page) { en "({count}) {page} - Ringback" de "({count}) {page} - Ringback" }
    none { en "–" de "–" }
    dismiss { en "Dismiss" de "Ausblenden" }
    close { en "Close" de "Schließen" }
    loading { en "Loading" de "Wird geladen" }
    try_again { en "Try again" de "Erneut versuchen" }

    // Shell
    skip_to_content { en "Skip to content" de "Zum Inhalt springen" }
    home { en "Ringback home" de "Ringback-Startseite" }
    main_navigation { en "Main" de "Hauptnavigation" }
    account(name, role) { en "{name}, {role}" de "{name}, {role}" }
    account_menu { en "Account" de "Konto" }
    account_services(count) { en one "{count} service" other "{count} services" de one "{count} Service" other "{count} Services" }
    theme { en "Theme" de "Farben" }
    theme_system { en "System" de "System" }
    theme_light { en "Light" de "Hell" }
    theme_dark { en "Dark" de "Dunkel" }
    language { en "Language" de "Sprache" }
    sign_out { en "Sign out" de "Abmelden" }
    notifications { en "Messages" de "Meldungen" }
    simulation { en "Simulation: agents and customers are played by Ringback. Nobody is really called." de "Simulation: Ringback spielt Agenten und Kunden. Niemand wird wirklich angerufen." }
    offline { en "Offline. You can read; changes are disabled." de "Offline. Lesen ist möglich, Änderungen sind gesperrt." }
    role_administrator { en "Administrator" de "Administrator" }
    role_supervisor { en "Supervisor" de "Supervisor" }
    role_monitor { en "Monitor" de "Monitor" }
    role_developer { en "Developer" de "Entwickler" }

    // Sign in
    sign_in { en "Sign in" de "Anmelden" }
    username { en "Username" de "Benutzername" }
    password { en "Password" de "Passwort" }
    show_password { en "Show password" de "Passwort anzeigen" }
    enter_username { en "Enter your username." de "Benutzernamen eingeben." }
    enter_password { en "Enter your password." de "Passwort eingeben." }
    wrong_credentials { en "Username or password is wrong." de "Benutzername oder Passwort ist falsch." }
    session_ended { en "Your session has ended. Sign in again to go on." de "Die Sitzung ist beendet. Bitte neu anmelden." }
    version(number) { en "Ringback {number}" de "Ringback {number}" }

    // Other pages
    not_found { en "Page not found" de "Seite nicht gefunden" }
    not_found_text { en "There is no page at this address." de "Unter dieser Adresse gibt es keine Seite." }
    go_to_callbacks { en "Go to Callbacks" de "Zu den Rückrufen" }
    no_access { en "You have no access to callbacks" de "Kein Zugriff auf Rückrufe" }
    no_access_text { en "Callbacks are open to the roles Monitor, Supervisor and Administrator. Ask an Administrator to change your role." de "Rückrufe sehen die Rollen Monitor, Supervisor und Administrator. Ein Administrator kann die Rolle ändern." }
    start_failed { en "Ringback cannot be reached" de "Ringback ist nicht erreichbar" }

    // Callbacks page
    callbacks { en "Callbacks" de "Rückrufe" }
    create_callback { en "Create Callback" de "Rückruf anlegen" }
    quick_filter { en "Quick filter" de "Schnellfilter" }
    quick_all { en "All" de "Alle" }
    quick_scheduled { en "Scheduled" de "Geplant" }
    quick_queued { en "Queued" de "Wartend" }
    quick_routing { en "Routing" de "Vermittelt" }
    quick_processing { en "Processing" de "Im Gespräch" }
    quick_completed { en "Completed" de "Beendet" }
    quick_overdue { en "Overdue" de "Überfällig" }
    date_range { en "Date Range" de "Zeitraum" }
    ranges_past { en "Past" de "Vergangen" }
    ranges_now { en "Around now" de "Um jetzt" }
    ranges_ahead { en "Ahead" de "Bevorstehend" }
    last_30_days { en "Last 30 Days" de "Letzte 30 Tage" }
    last_14_days { en "Last 14 Days" de "Letzte 14 Tage" }
    last_7_days { en "Last 7 Days" de "Letzte 7 Tage" }
    yesterday { en "Yesterday" de "Gestern" }
    today { en "Today" de "Heute" }
    tomorrow { en "Tomorrow" de "Morgen" }
    next_24_hours { en "Next 24 Hours" de "Nächste 24 Stunden" }
    next_7_days { en "Next 7 Days" de "Nächste 7 Tage" }
    next_14_days { en "Next 14 Days" de "Nächste 14 Tage" }
    next_30_days { en "Next 30 Days" de "Nächste 30 Tage" }
    search { en "Search" de "Suchen" }
    search_column { en "Search Column" de "Suchspalte" }
    search_placeholder { en "Filter as you type" de "Beim Tippen filtern" }
    refresh { en "Refresh" de "Aktualisieren" }
    live { en "Live" de "Live" }
    connecting { en "Connecting" de "Verbinden" }
    paused { en "Paused" de "Angehalten" }
    updated(time) { en "Updated {time}" de "Stand {time}" }
    paused_banner(duration, time) { en "Updates paused for {duration}. Showing {time}." de "Seit {duration} keine Aktualisierung. Stand {time}." }
    reconnect { en "Reconnect" de "Neu verbinden" }
    records_region { en "Callback records" de "Rückrufe" }
    table_caption(range, column) { en "Callbacks, {range}, sorted by {column}" de "Rückrufe, {range}, sortiert nach {column}" }
    rows_of(from, to, total) { en "{from}–{to} of {total}" de "{from}–{to} von {total}" }
    rows_only(rows, total) { en "{rows} of {total}" de "{rows} von {total}" }
    no_rows { en "0 callbacks" de "0 Rückrufe" }
    jump_to_now { en "Jump to now" de "Zu jetzt springen" }
    at_least(count) { en "{count}+" de "{count}+" }
    new_callbacks(count) { en one "{count} new callback" other "{count} new callbacks" de one "{count} neuer Rückruf" other "{count} neue Rückrufe" }
    loading_callbacks { en "Loading callbacks" de "Rückrufe werden geladen" }
    callbacks_found(count) { en one "{count} callback found" other "{count} callbacks found" de one "{count} Rückruf gefunden" other "{count} Rückrufe gefunden" }
    pages { en "Pages" de "Seiten" }
    page(number) { en "Page {number}" de "Seite {number}" }
    previous_page { en "Previous page" de "Vorige Seite" }
    next_page { en "Next page" de "Nächste Seite" }
    times_in(zone) { en "Times in {zone}" de "Zeiten in {zone}" }
    zone_offset(zone, offset) { en "{zone}, {offset}" de "{zone}, {offset}" }
    kept { en "Kept 14 days" de "14 Tage aufbewahrt" }
    now_line(time) { en "Now {time}" de "Jetzt {time}" }

    // Columns
    column_metrics { en "Metrics" de "Kennzahlen" }
    column_state { en "State" de "Status" }
    column_desired_time { en "Desired Callback Time" de "Gewünschte Rückrufzeit" }
    column_service { en "Service Name" de "Service" }
    column_number { en "Customer Number" de "Kundennummer" }
    column_attempts { en "Attempts" de "Versuche" }
    column_agent { en "Agent" de "Agent" }
    column_updated { en "Last Update" de "Letzte Änderung" }
    column_id { en "Callback ID" de "Rückruf-ID" }
    column_actions { en "Actions" de "Aktionen" }

    column_any { en "Any Column" de "Alle Spalten" }

    // Row
    metrics_of(number) { en "Metrics {number}" de "Kennzahlen {number}" }
    edit_of(number) { en "Edit {number}" de "{number} bearbeiten" }
    recreate_of(number) { en "Recreate {number}" de "{number} neu anlegen" }
    warning { en "Warning" de "Warnung" }
    warning_tip(from, to) { en "Still SCHEDULED after its window, {from}–{to}." de "Noch SCHEDULED nach Ende des Zeitfensters, {from}–{to}." }
    originated_scheduled { en "Originated as scheduled" de "Als geplanter Rückruf angelegt" }
    left_view { en "left this view" de "nicht mehr in dieser Ansicht" }
    attempts_short(made, max) { en "{made} / {max}" de "{made} / {max}" }
    due_in(duration) { en "in {duration}" de "in {duration}" }
    due_now { en "due now" de "jetzt fällig" }
    late(duration) { en "{duration} late" de "{duration} zu spät" }
    waiting(duration) { en "waiting {duration}" de "wartet {duration}" }
    reserved(duration) { en "reserved {duration}" de "reserviert {duration}" }
    on_call(duration) { en "on call {duration}" de "im Gespräch {duration}" }
    seconds(count) { en "{count} s" de "{count} s" }
    minutes(count) { en "{count} min" de "{count} min" }
    hours(count) { en "{count} h" de "{count} h" }
    days(count) { en one "{count} day" other "{count} days" de one "{count} Tag" other "{count} Tage" }
    minutes_seconds(minutes, seconds) { en "{minutes} min {seconds} s" de "{minutes} min {seconds} s" }
    hours_minutes(hours, minutes) { en "{hours} h {minutes} min" de "{hours} h {minutes} min" }

    // Expanded row
    metrics_region(number) { en "Callback metrics for {number}" de "Kennzahlen des Rückrufs an {number}" }
    position { en "Position in Queue" de "Position in der Warteschlange" }
    estimated_wait { en "Estimated Wait Time" de "Geschätzte Wartezeit" }
    waiting_term { en "Waiting" de "Wartezeit" }
    attempts_of(max) { en "of {max}" de "von {max}" }
    since(time) { en "since {time}" de "seit {time}" }
    known_once_queued { en "known once QUEUED" de "bekannt ab QUEUED" }
    advanced_switch { en "Advanced Callback Metrics" de "Erweiterte Kennzahlen" }
    timeline { en "Timeline" de "Verlauf" }
    advanced_metrics { en "Advanced metrics" de "Erweiterte Kennzahlen" }
    metrics_failed { en "The metrics could not be loaded." de "Die Kennzahlen konnten nicht geladen werden." }
    timeline_failed { en "The timeline could not be loaded." de "Der Verlauf konnte nicht geladen werden." }
    term_origin { en "Origin" de "Herkunft" }
    term_created { en "Created" de "Angelegt" }
    term_created_by { en "Created By" de "Angelegt von" }
    term_rescheduled_by { en "Rescheduled By" de "Verschoben von" }
    term_times_rescheduled { en "Times rescheduled" de "Wie oft verschoben" }
    term_language { en "Language" de "Sprache" }
    term_priority { en "Priority" de "Priorität" }
    term_arrived { en "Waiting since" de "Wartet seit" }
    term_removed { en "Removed on" de "Wird entfernt am" }
    term_queued { en "Queued" de "Eingereiht" }
    term_retry { en "Next attempt from" de "Nächster Versuch ab" }
    term_agent { en "Agent" de "Agent" }
    term_reserved { en "Agent reserved" de "Agent reserviert" }
    term_agent_wait { en "Wait for an agent" de "Warten auf einen Agenten" }
    term_dial_results { en "Dial results" de "Wählergebnisse" }
    term_connected { en "Agent connected" de "Agent verbunden" }
    term_establish { en "Time to establish the call" de "Dauer des Verbindungsaufbaus" }
    term_result { en "Result" de "Ergebnis" }
    term_completed { en "Completed" de "Beendet" }
    term_cancelled_by { en "Cancelled By" de "Abgebrochen von" }
    term_recreated_by { en "Recreated By" de "Neu angelegt von" }
    term_recreated_as { en "Recreated as" de "Neu angelegt als" }
    term_recreated_from { en "Recreated from" de "Neu angelegt aus" }
    term_handling { en "Handling time" de "Bearbeitungszeit" }
    term_punctuality { en "Punctuality" de "Pünktlichkeit" }
    term_disposition { en "Disposition" de "Abschlusscode" }
    on_time { en "on time" de "pünktlich" }
    early(duration) { en "{duration} early" de "{duration} zu früh" }
    origin_ui { en "Callback UI" de "Callback UI" }
    origin_api { en "API" de "API" }
    origin_recreate { en "Recreated" de "Neu angelegt" }

    // Name recording
    name_recording { en "Name recording" de "Namensaufnahme" }
    play_recording { en "Play" de "Abspielen" }
    recording_kept_until(time) { en "kept until {time} for a recreate" de "für ein Neuanlegen aufbewahrt bis {time}" }
    recording_is_kept(time) { en "The name recording is taken over: the callback ended less than four days ago. It is kept until {time}." de "Die Namensaufnahme wird übernommen: Der Rückruf endete vor weniger als vier Tagen. Sie wird bis {time} aufbewahrt." }
    recording_is_lost { en "A name recording is not taken over: the callback ended more than four days ago." de "Eine Namensaufnahme wird nicht übernommen: Der Rückruf endete vor mehr als vier Tagen." }

    // Timeline
    event_created(actor) { en "Created by {actor}" de "Angelegt von {actor}" }
    event_rescheduled(actor) { en "Rescheduled by {actor}" de "Verschoben von {actor}" }
    event_submitted { en "Queued" de "Eingereiht" }
    event_reserved { en "Agent reserved" de "Agent reserviert" }
    event_connected { en "Agent connected" de "Agent verbunden" }
    event_released { en "Back in queue" de "Zurück in der Warteschlange" }
    event_lease_expired { en "Reservation ran out, back in queue" de "Reservierung abgelaufen, zurück in der Warteschlange" }
    event_attempt_failed { en "Attempt failed" de "Versuch gescheitert" }
    event_finished { en "Completed" de "Beendet" }
    event_cancelled(actor) { en "Cancelled by {actor}" de "Abgebrochen von {actor}" }
    event_recreated(actor) { en "Recreated by {actor}" de "Neu angelegt von {actor}" }
    event_expired { en "Not reached while the record was kept" de "In der Aufbewahrungszeit nicht erreicht" }
    event_from_to(from, to) { en "{from} → {to}" de "{from} → {to}" }
    event_for(time) { en "for {time}" de "für {time}" }
    event_retry(time) { en "next attempt from {time}" de "nächster Versuch ab {time}" }
    event_related(id) { en "callback {id}" de "Rückruf {id}" }
    actor_key(name) { en "API key {name}" de "API-Schlüssel {name}" }
    actor_system { en "Ringback" de "Ringback" }
    next_queue(time) { en "Enters the queue at {time}" de "Wird um {time} eingereiht" }
    next_agent { en "Next attempt when an agent is free" de "Nächster Versuch, sobald ein Agent frei ist" }
    next_connect { en "Agent and customer are connected" de "Agent und Kunde werden verbunden" }
    next_finish { en "The conversation ends" de "Das Gespräch endet" }

    // Dialogs
    callback_type { en "Callback Type" de "Art des Rückrufs" }
    immediate { en "Immediate" de "Sofort" }
    immediate_hint { en "Joins the queue now" de "Kommt jetzt in die Warteschlange" }
    scheduled { en "Scheduled" de "Geplant" }
    scheduled_hint { en "At a date and time" de "Zu einem Datum und einer Uhrzeit" }
    service_type { en "Service Type" de "Service" }
    customer_number { en "Customer Number" de "Kundennummer" }
    customer_number_hint { en "In national or international form, such as +44 20 7946 0318." de "National oder international, etwa +49 30 23125 000." }
    date { en "Date" de "Datum" }
    time { en "Time" de "Uhrzeit" }
    time_zone_hint(zone) { en "Times in {zone}." de "Zeiten in {zone}." }
    create { en "Create" de "Anlegen" }
    choose_service { en "Choose a service." de "Service wählen." }
    enter_number { en "Enter the customer's number." de "Nummer des Kunden eingeben." }
    enter_date { en "Enter a date." de "Datum eingeben." }
    enter_time { en "Enter a time." de "Uhrzeit eingeben." }
    time_in_past { en "This time has passed." de "Diese Zeit ist vorbei." }
    no_such_time { en "Clocks are put forward then: this time does not exist on this day." de "Dann werden die Uhren vorgestellt: Diese Uhrzeit gibt es an diesem Tag nicht." }
    callback_created { en "Callback created" de "Rückruf angelegt" }
    outside_range(time, range) { en "{time} is outside {range}." de "{time} liegt nicht in: {range}." }
    outside_filters { en "The current filters hide it." de "Die aktuellen Filter blenden ihn aus." }
    switch_to(range) { en "Switch to {range}" de "Zu {range} wechseln" }
    show_all { en "Show all" de "Alle anzeigen" }
    edit_callback { en "Edit Callback" de "Rückruf bearbeiten" }
    edit_options { en "Edit Options" de "Bearbeiten" }
    reschedule { en "Reschedule" de "Verschieben" }
    only_scheduled { en "Only a SCHEDULED callback can be rescheduled" de "Nur ein Rückruf im Status SCHEDULED lässt sich verschieben" }
    cancel_callback { en "Cancel Callback" de "Rückruf abbrechen" }
    save { en "Save" de "Speichern" }
    confirm { en "Confirm" de "Bestätigen" }
    cancel_consequence(time) { en "The customer will not be called. The record stays as COMPLETED (CANCELLED_BY_ADMIN) until {time}." de "Der Kunde wird nicht angerufen. Der Datensatz bleibt als COMPLETED (CANCELLED_BY_ADMIN) bis {time}." }
    removal_moves { en "The record is removed 14 days after the desired time." de "Der Datensatz wird 14 Tage nach der gewünschten Zeit entfernt." }
    callback_rescheduled { en "Callback rescheduled" de "Rückruf verschoben" }
    callback_cancelled { en "Callback cancelled" de "Rückruf abgebrochen" }
    changed_meanwhile(before, after, time) { en "This callback went from {before} to {after} at {time}." de "Dieser Rückruf ging um {time} von {before} zu {after} über." }
    no_longer_reschedulable { en "It can no longer be rescheduled." de "Er lässt sich nicht mehr verschieben." }
    no_longer_cancellable { en "It can no longer be cancelled." de "Er lässt sich nicht mehr abbrechen." }
    moved_meanwhile(time) { en "This callback was moved to {time} meanwhile." de "Dieser Rückruf wurde inzwischen auf {time} verschoben." }
    recreate_callback { en "Recreate Callback" de "Rückruf neu anlegen" }
    recreate { en "Recreate" de "Neu anlegen" }
    callback_recreated { en "Callback recreated" de "Rückruf neu angelegt" }
    recreate_consequence { en "A new callback is made. It and the old record name each other." de "Ein neuer Rückruf entsteht. Er und der alte Datensatz nennen einander." }
    is_now(state) { en "It is {state} now." de "Er ist jetzt {state}." }

    // What the server finds in a form
    fault_unknown_service { en "This service does not exist any more." de "Diesen Service gibt es nicht mehr." }
    fault_not_accepting { en "This service takes no new callbacks now." de "Dieser Service nimmt gerade keine neuen Rückrufe an." }
    fault_malformed_number { en "This is not a phone number." de "Das ist keine Telefonnummer." }
    fault_impossible_number { en "No number of this country has this length. Check for missing or extra digits." de "Keine Nummer dieses Landes ist so lang. Fehlen Ziffern, oder sind es zu viele?" }

    // Empty and failed lists
    empty_range(range) { en "No callbacks in {range}" de "Keine Rückrufe: {range}" }
    empty_range_text { en "Callbacks appear here as soon as their desired time lies in this range." de "Rückrufe erscheinen hier, sobald ihre gewünschte Zeit in diesem Zeitraum liegt." }
    empty_neighbour(count, range) { en one "{count} callback lies in {range}." other "{count} callbacks lie in {range}." de one "{count} Rückruf liegt in: {range}." other "{count} Rückrufe liegen in: {range}." }
    show_range(range) { en "Show {range}" de "{range} anzeigen" }
    empty_search(column, text) { en "No {column} contains “{text}”" de "Keine {column} enthält „{text}“" }
    empty_search_any(text) { en "Nothing contains “{text}”" de "Nichts enthält „{text}“" }
    searched(range) { en "Searched all callbacks in {range}." de "Durchsucht wurden alle Rückrufe: {range}." }
    clear_filter { en "Clear filter" de "Filter löschen" }
    empty_filter(filter, range) { en "No {filter} callbacks in {range}" de "Keine Rückrufe {filter}: {range}" }
    empty_filter_text { en "The quick filter hides the others." de "Der Schnellfilter blendet die anderen aus." }
    list_failed { en "The list could not be loaded" de "Die Liste konnte nicht geladen werden" }
    refresh_failed { en "The list could not be refreshed" de "Die Liste konnte nicht aktualisiert werden" }

    // Advanced Options
    advanced_options { en "Advanced Options" de "Erweiterte Optionen" }
    configure_columns { en "Configure Columns" de "Spalten einrichten" }
    some_of(some, all) { en "{some} of {all}" de "{some} von {all}" }
    move_up(column) { en "Move {column} up" de "{column} nach oben" }
    move_down(column) { en "Move {column} down" de "{column} nach unten" }
    moved_to(column, place, count) { en "{column}, {place} of {count}" de "{column}, {place} von {count}" }
    always_shown { en "Always shown" de "Immer sichtbar" }
    time_display { en "Time display" de "Zeitanzeige" }
    show_24h { en "Show Time in 24 Hour" de "24-Stunden-Format" }
    show_24h_hint(long, short) { en "{long} instead of {short}" de "{long} statt {short}" }
    time_in_zone(time, zone) { en "{time} ({zone})" de "{time} ({zone})" }
    show_utc { en "Show Times in UTC" de "Zeiten in UTC" }
    show_utc_hint(zone) { en "Local is {zone}" de "Ortszeit ist {zone}" }
    configure_ranges { en "Configure Custom Date Range" de "Eigenen Zeitraum einrichten" }
    range_name { en "Range Name" de "Name" }
    range_from { en "From" de "Von" }
    range_to { en "To" de "Bis" }
    add_range { en "Add Range" de "Hinzufügen" }
    remove_range(range) { en "Remove {range}" de "{range} entfernen" }
    range_added(range) { en "{range} added" de "{range} hinzugefügt" }
    range_removed(range) { en "{range} removed" de "{range} entfernt" }
    range_name_long { en "Use 60 characters at most." de "Höchstens 60 Zeichen." }
    range_name_taken { en "There is a range of this name." de "Diesen Namen hat schon ein Zeitraum." }
    enter_date_time { en "Enter date and time." de "Datum und Uhrzeit eingeben." }
    range_order { en "To has to be after From." de "Bis muss nach Von liegen." }
    visible_states { en "Visible Callback States" de "Sichtbare Status" }
    visible_services { en "Visible Callback Services" de "Sichtbare Services" }
    visible_services_hint { en "Services you may see. New ones appear after your next sign-in." de "Services, die sichtbar sein dürfen. Neue erscheinen nach der nächsten Anmeldung." }
    all_boxes { en "ALL" de "ALLE" }
    choose_one { en "Choose at least one" de "Mindestens einen Eintrag wählen" }
    apply { en "Apply" de "Anwenden" }
    reset_to_defaults { en "Reset to defaults" de "Auf Standard zurücksetzen" }
    ranges_own { en "My ranges" de "Eigene" }
    from_to(from, to) { en "{from} – {to}" de "{from} – {to}" }
    chip_states { en "States" de "Status" }
    show_all_states { en "Show all states" de "Alle Status anzeigen" }
    show_all_services { en "Show all services" de "Alle Services anzeigen" }
    search_every_range { en "Search every range" de "In allen Zeiträumen suchen" }
    some_hidden { en "Advanced Options hide some states or services." de "Die erweiterten Optionen blenden Status oder Services aus." }

    // Selection, bulk cancellation, export
    select_page { en "Select all on this page" de "Alle auf dieser Seite auswählen" }
    select_row(number) { en "Select {number}" de "{number} auswählen" }
    select_all(count) { en "Select all {count} on this page" de "Alle {count} auf dieser Seite auswählen" }
    select_first { en "Select callbacks first" de "Zuerst Rückrufe auswählen" }
    selected(count) { en one "{count} selected" other "{count} selected" de one "{count} ausgewählt" other "{count} ausgewählt" }
    selection_cleared { en "Selection cleared" de "Auswahl aufgehoben" }
    clear { en "Clear" de "Aufheben" }
    count_in_state(count, state) { en "{count} {state}" de "{count} {state}" }
    cancel_callbacks { en "Cancel Callbacks" de "Rückrufe abbrechen" }
    cancel_title { en "Cancel Callbacks Confirmation" de "Rückrufe abbrechen: Bestätigung" }
    selected_callbacks { en "Selected callbacks" de "Ausgewählte Rückrufe" }
    cancel_these(count) { en one "This callback will be cancelled and kept as COMPLETED (CANCELLED_BY_ADMIN)." other "These {count} callbacks will be cancelled and kept as COMPLETED (CANCELLED_BY_ADMIN)." de one "Dieser Rückruf wird abgebrochen und als COMPLETED (CANCELLED_BY_ADMIN) aufbewahrt." other "Diese {count} Rückrufe werden abgebrochen und als COMPLETED (CANCELLED_BY_ADMIN) aufbewahrt." }
    cancel_none { en "None of the selected callbacks can be cancelled any more." de "Keiner der ausgewählten Rückrufe lässt sich noch abbrechen." }
    cancel_none_in_range { en "No callback in this time range can be cancelled." de "Kein Rückruf in diesem Zeitraum lässt sich abbrechen." }
    left_out(count, names) { en one "{count} selected callback is left out: {names}." other "{count} selected callbacks are left out: {names}." de one "{count} ausgewählter Rückruf bleibt ausgenommen: {names}." other "{count} ausgewählte Rückrufe bleiben ausgenommen: {names}." }
    left_out_name(number, service, state) { en "{number}, {service}, {state}" de "{number}, {service}, {state}" }
    and_more(count) { en "and {count} more" de "und {count} weitere" }
    cancel_all { en "Cancel All Callbacks In Current Time Range" de "Alle Rückrufe im aktuellen Zeitraum abbrechen" }
    cancel_all_hint(range) { en "Overrides the selection. Current range: {range}. Search and filters are ignored." de "Ersetzt die Auswahl. Aktueller Zeitraum: {range}. Suche und Filter gelten nicht." }
    cancel_matching_hint(range) { en "Overrides the selection. Current range: {range}, as far as search and filters leave it." de "Ersetzt die Auswahl. Aktueller Zeitraum: {range}, soweit Suche und Filter ihn zeigen." }
    only_matching { en "Only callbacks matching the current filters" de "Nur Rückrufe, die den aktuellen Filtern entsprechen" }
    every_in { en "Every callback in " de "Jeder Rückruf im Zeitraum " }
    every_in_bounds(from, to, zone) { en " ({from} to {to}, {zone}) that can still be cancelled will be cancelled, on all pages and in the services you may see." de " ({from} bis {to}, {zone}), der sich noch abbrechen lässt, wird abgebrochen, auf allen Seiten und in allen sichtbaren Services." }
    quoted(text) { en "“{text}”" de "„{text}“" }
    to_be_cancelled { en "To be cancelled" de "Abzubrechen" }
    counting { en "Counting callbacks" de "Rückrufe werden gezählt" }
    left_out_in_range(processing, completed) { en "{processing} in PROCESSING are left out and {completed} are already COMPLETED. The list is fixed when you confirm; calls that connect before their turn are skipped and reported." de "{processing} in PROCESSING bleiben ausgenommen, {completed} sind schon COMPLETED. Die Liste steht mit der Bestätigung fest; Anrufe, die vorher verbunden werden, werden übersprungen und vermerkt." }
    callbacks_count(count) { en one "{count} callback" other "{count} callbacks" de one "{count} Rückruf" other "{count} Rückrufe" }
    cancelling { en "Cancelling callbacks" de "Rückrufe werden abgebrochen" }
    done_of(done, total) { en "{done} of {total}" de "{done} von {total}" }
    cancelled { en "Cancelled" de "Abgebrochen" }
    skipped { en "Skipped" de "Übersprungen" }
    failed { en "Failed" de "Fehlgeschlagen" }
    may_close { en "You may close this window. The work goes on and the result appears under Export Cancelled Reports." de "Dieses Fenster kann geschlossen werden. Die Arbeit geht weiter, und das Ergebnis erscheint unter „Abbruchberichte exportieren“." }
    callbacks_cancelled(count) { en one "{count} callback cancelled" other "{count} callbacks cancelled" de one "{count} Rückruf abgebrochen" other "{count} Rückrufe abgebrochen" }
    not_cancelled(skipped, failed) { en "{skipped} skipped, {failed} failed." de "{skipped} übersprungen, {failed} fehlgeschlagen." }
    cancelling_lost { en "The progress of the cancellation could not be read" de "Der Fortschritt des Abbruchs konnte nicht gelesen werden" }
    exceptions { en "Not cancelled" de "Nicht abgebrochen" }
    outcome_processing { en "an agent is handling it" de "ein Agent bearbeitet ihn" }
    outcome_completed { en "was over already" de "war schon beendet" }
    outcome_not_permitted { en "not permitted" de "nicht erlaubt" }
    outcome_failed { en "could not be cancelled" de "ließ sich nicht abbrechen" }
    report { en "Cancellation Summary Report" de "Abbruchbericht" }
    report_failed { en "The report could not be saved" de "Der Bericht konnte nicht gespeichert werden" }
    report_of(count, time, user) { en one "CSV, {count} callback, {time}, {user}" other "CSV, {count} callbacks, {time}, {user}" de one "CSV, {count} Rückruf, {time}, {user}" other "CSV, {count} Rückrufe, {time}, {user}" }
    reports_recent { en "Cancellations of the last 24 hours." de "Abbrüche der letzten 24 Stunden." }
    reports_none { en "No callbacks were cancelled in the last 24 hours." de "In den letzten 24 Stunden wurden keine Rückrufe abgebrochen." }
    export { en "Export" de "Exportieren" }
    export_reports { en "Export Cancelled Reports" de "Abbruchberichte exportieren" }
    export_list { en "Export This List" de "Diese Liste exportieren" }
    export_csv { en "CSV" de "CSV" }
    export_ndjson { en "JSON lines" de "JSON Lines" }
    export_failed { en "The list could not be exported" de "Die Liste konnte nicht exportiert werden" }

    // Menus, keys and the end of a session
    tools { en "Tools" de "Werkzeuge" }
    help { en "Help" de "Hilfe" }
    shortcuts { en "Shortcuts" de "Tastenkürzel" }
    api_documentation { en "API documentation" de "API-Dokumentation" }
    keyboard_shortcuts { en "Keyboard shortcuts" de "Tastenkürzel" }
    on { en "On" de "Ein" }
    off { en "Off" de "Aus" }
    reload_permissions { en "Reload permissions" de "Berechtigungen neu laden" }
    permissions_reloaded { en "Permissions reloaded" de "Berechtigungen neu geladen" }
    permissions_unchanged { en "Permissions are as before" de "Berechtigungen unverändert" }
    permissions_not_reloaded { en "Permissions could not be reloaded" de "Berechtigungen konnten nicht neu geladen werden" }
    session_ends(duration) { en "Your session ends in {duration}." de "Die Sitzung endet in {duration}." }
    stay_signed_in { en "Stay signed in" de "Angemeldet bleiben" }
    session_over { en "Sign in again" de "Neu anmelden" }
    sign_in_again(name) { en "Enter the password of {name} to go on. What you have filled in is kept." de "Zum Weitermachen das Passwort von {name} eingeben. Eingaben bleiben erhalten." }
    key_search { en "Search" de "Suchen" }
    key_next_row { en "Next row" de "Nächste Zeile" }
    key_previous_row { en "Previous row" de "Vorige Zeile" }
    key_edit { en "Edit or recreate the row" de "Zeile bearbeiten oder neu anlegen" }
    key_select { en "Select the row" de "Zeile auswählen" }
    key_stretch { en "Select a stretch of rows" de "Mehrere Zeilen auswählen" }
    key_pages { en "Previous, next page" de "Vorige, nächste Seite" }
    key_callbacks { en "Go to Callbacks" de "Zu den Rückrufen" }
    key_callback_search { en "Go to Callback Search" de "Zur Rückrufsuche" }
    key_escape { en "Close; else clear search; else clear selection" de "Schließen; sonst Suche, sonst Auswahl aufheben" }
    key_list { en "This list" de "Diese Liste" }
    shortcuts_hint { en "Single keys work outside text fields and dialogs. The account menu switches them off." de "Einzelne Tasten wirken außerhalb von Textfeldern und Dialogen. Das Kontomenü schaltet sie aus." }

    // Callback Search
    callback_search { en "Callback Search" de "Rückrufsuche" }
    search_for { en "Callback ID or Phone Number" de "Rückruf-ID oder Telefonnummer" }
    search_hint { en "Searches every time range in the services you may see." de "Durchsucht alle Zeiträume der sichtbaren Services." }
    search_unclear { en "Enter a Callback ID such as 019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2, or a number such as +44 20 7946 0318." de "Eine Rückruf-ID eingeben, etwa 019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2, oder eine Nummer, etwa +49 30 23125 000." }
    search_none { en "No callback with this ID or number. Records are kept 14 days." de "Kein Rückruf mit dieser ID oder Nummer. Datensätze werden 14 Tage aufbewahrt." }
    search_found(count, text) { en one "{count} callback for {text}, in every time range and service you may see." other "{count} callbacks for {text}, in every time range and service you may see." de one "{count} Rückruf zu {text}, in allen Zeiträumen und sichtbaren Services." other "{count} Rückrufe zu {text}, in allen Zeiträumen und sichtbaren Services." }
    results { en "Results" de "Treffer" }
    show_in_callbacks { en "Show in Callbacks" de "In den Rückrufen anzeigen" }

    // Services and users
    services { en "Services" de "Services" }
    create_service { en "Create Service" de "Service anlegen" }
    edit_service { en "Edit Service" de "Service bearbeiten" }
    service_created { en "Service created" de "Service angelegt" }
    service_saved { en "Service saved" de "Service gespeichert" }
    seen_after_reload { en "People see it from their next sign-in on, or after Reload permissions." de "Sichtbar ab der nächsten Anmeldung oder nach „Berechtigungen neu laden“." }
    name { en "Name" de "Name" }
    enter_name { en "Enter a name." de "Namen eingeben." }
    name_taken { en "This name is taken." de "Dieser Name ist vergeben." }
    time_zone { en "Time zone" de "Zeitzone" }
    time_zone_example { en "Such as Europe/London." de "Etwa Europe/Berlin." }
    country { en "Country" de "Land" }
    country_hint { en "Two letters, such as GB. National numbers are read as this country's." de "Zwei Buchstaben, etwa DE. Nationale Nummern gelten als Nummern dieses Landes." }
    accept_new { en "Accept new callbacks" de "Neue Rückrufe annehmen" }
    dial_pending { en "Dial waiting callbacks" de "Wartende Rückrufe wählen" }
    immediate_enabled { en "Immediate callbacks" de "Sofortige Rückrufe" }
    scheduled_enabled { en "Scheduled callbacks" de "Geplante Rückrufe" }
    callback_types { en "Callback Types" de "Arten" }
    window { en "Window" de "Zeitfenster" }
    window_seconds { en "Window in seconds" de "Zeitfenster in Sekunden" }
    window_hint { en "A callback still SCHEDULED this long after its time carries a warning." de "Ist ein Rückruf so lange nach seiner Zeit noch SCHEDULED, erscheint eine Warnung." }
    fault_time_zone { en "Enter a time zone such as Europe/London." de "Zeitzone eingeben, etwa Europe/Berlin." }
    fault_country { en "Enter a country of two letters such as GB." de "Land mit zwei Buchstaben eingeben, etwa DE." }
    fault_window { en "Enter 1 to 86400 seconds." de "1 bis 86400 Sekunden eingeben." }
    users { en "Users" de "Benutzer" }
    create_user { en "Create User" de "Benutzer anlegen" }
    edit_user { en "Edit User" de "Benutzer bearbeiten" }
    user_created { en "User created" de "Benutzer angelegt" }
    user_saved { en "User saved" de "Benutzer gespeichert" }
    role { en "Role" de "Rolle" }
    active { en "Active" de "Aktiv" }
    disabled { en "Disabled" de "Gesperrt" }
    all_services { en "All services" de "Alle Services" }
    new_password { en "New password" de "Neues Passwort" }
    new_password_hint { en "Left empty, it stays as it is." de "Bleibt es leer, ändert sich nichts." }
    password_hint { en "At least 8 characters." de "Mindestens 8 Zeichen." }
    user_consequence { en "A new role, a new password and disabling end this person's sessions at once. Other services count from the next sign-in on." de "Eine neue Rolle, ein neues Passwort und das Sperren beenden die Sitzungen sofort. Andere Services gelten ab der nächsten Anmeldung." }
    none_yet { en "There are none yet." de "Es gibt noch keine." }
    integrations { en "Integrations" de "Integrationen" }
    api_keys { en "API Keys" de "API-Schlüssel" }
    api_key { en "API key" de "API-Schlüssel" }
    create_api_key { en "Create API Key" de "API-Schlüssel anlegen" }
    shown_once { en "Copy it now: it is not shown again." de "Jetzt kopieren: Er wird nicht noch einmal angezeigt." }
    scopes { en "Scopes" de "Rechte" }
    choose_scope { en "Choose at least one scope." de "Mindestens ein Recht wählen." }
    revoke_api_key { en "Revoke API Key" de "API-Schlüssel widerrufen" }
    revoke { en "Revoke" de "Widerrufen" }
    revoke_of(name) { en "Revoke {name}" de "{name} widerrufen" }
    revoke_consequence(name) { en "{name} stops working at once, and cannot be put in force again." de "{name} gilt ab sofort nicht mehr und lässt sich nicht wieder in Kraft setzen." }
    api_key_revoked { en "API key revoked" de "API-Schlüssel widerrufen" }
    revoked { en "Revoked" de "Widerrufen" }
    expired { en "Expired" de "Abgelaufen" }
    no_integrations { en "You have no access to integrations" de "Kein Zugriff auf Integrationen" }
    no_integrations_text { en "Integrations are open to the roles Developer and Administrator. Ask an Administrator to change your role." de "Integrationen sehen die Rollen Entwickler und Administrator. Ein Administrator kann die Rolle ändern." }
    no_users { en "You have no access to users" de "Kein Zugriff auf Benutzer" }
    no_users_text { en "Users are open to the role Administrator. Ask an Administrator to change your role." de "Benutzer sieht die Rolle Administrator. Ein Administrator kann die Rolle ändern." }

    // Failures
    unreachable { en "The server could not be reached. Check the connection." de "Der Server ist nicht erreichbar. Bitte die Verbindung prüfen." }
    unreadable(status) { en "The server gave an answer that this page does not understand ({status})." de "Der Server gab eine Antwort, die diese Seite nicht versteht ({status})." }
    reference(id) { en "Reference {id}." de "Referenz {id}." }
    problem_forbidden { en "Your role does not permit this." de "Die Rolle erlaubt das nicht." }
    problem_not_found { en "It does not exist any more, or you may not see it." de "Es gibt das nicht mehr, oder es ist nicht sichtbar." }
    problem_state { en "Its state does not allow this any more." de "Der Status erlaubt das nicht mehr." }
    problem_stale { en "It was changed meanwhile." de "Es wurde inzwischen geändert." }
    problem_in_flight { en "The same request is still running. Try again in a moment." de "Dieselbe Anfrage läuft noch. Bitte gleich noch einmal versuchen." }
    problem_invalid { en "Some values are invalid." de "Einige Angaben sind ungültig." }
    problem_rate { en "Too many requests. Try again in a moment." de "Zu viele Anfragen. Bitte gleich noch einmal versuchen." }
    problem_internal { en "Something went wrong on the server." de "Auf dem Server ist etwas schiefgegangen." }
    problem_unavailable { en "The server is not available at the moment." de "Der Server ist gerade nicht verfügbar." }
    problem_session { en "Your session has ended." de "Die Sitzung ist beendet." }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_names_exactly_the_parameters_of_its_message() {
        for (name, parameters, form) in CATALOGUE {
            for text in form.split('"').skip(1).step_by(2) {
                let mut rest = text;
                let mut named = Vec::new();
                while let Some((_, after)) = rest.split_once('{') {
                    let (word, after) = after.split_once('}').expect("a closed brace");
                    named.push(word);
                    rest = after;
                }
                for word in &named {
                    assert!(parameters.contains(word), "{name} has no {word}: {text}");
                }
                for parameter in *parameters {
                    // `one` may say the number in a word.
                    let said = named.contains(parameter) || *parameter == "count";
                    assert!(said, "{name} leaves {parameter} out: {text}");
                }
            }
        }
    }

    #[test]
    fn values_stand_where_the_text_names_them() {
        assert_eq!(fill("{b} of {a}, {b}", &[("a", &1), ("b", &"x")]), "x of 1, x");
    }
}
