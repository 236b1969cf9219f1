//! The Callbacks page: the list, its rows and their details.

messages! {
    // Callbacks page
    callbacks { en "Callbacks" de "Rückrufe" }
    create_callback { en "Create Callback" de "Rückruf anlegen" }
    quick_filter { en "Quick filter" de "Schnellfilter" }
    quick_all { en "All" de "Alle" }
    quick_scheduled { en "Scheduled" de "Geplant" }
    quick_queued { en "Queued" de "Wartend" }
    quick_routing { en "Routing" de "In Vermittlung" }
    quick_processing { en "Processing" de "Im Gespräch" }
    quick_completed { en "Completed" de "Beendet" }
    quick_overdue { en "Overdue" de "Überfällig" }
    date_range { en "Date Range" de "Zeitraum" }
    ranges_past { en "Past" de "Vergangen" }
    ranges_now { en "Around now" de "Aktuell" }
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
    jump_to_now { en "Jump to now" de "Zur aktuellen Zeit" }
    copy_number { en "Copy number" de "Rufnummer kopieren" }
    copy_id { en "Copy Callback ID" de "Rückruf-ID kopieren" }
    copied(text) { en "{text} copied" de "{text} kopiert" }
    not_copied { en "The browser does not allow copying here" de "Der Browser erlaubt hier kein Kopieren" }
    sort_by { en "Sort by" de "Sortieren nach" }
    sorted_up(column) { en "{column} ↑" de "{column} ↑" }
    sorted_down(column) { en "{column} ↓" de "{column} ↓" }
    cancelled_in(time) { en "cancelled in {time}" de "Abbruch in {time}" }
    dialling_off { en "dialling is off" de "Wählen ist aus" }
    again_in(time) { en "again in {time}" de "erneut in {time}" }
    unknown_cancelled { en "about to be cancelled" de "wird abgebrochen" }
    unknown_retry { en "after the pause between attempts" de "nach der Pause zwischen den Versuchen" }
    desired_there(time, zone) { en "now; desired {time} ({zone})" de "jetzt; gewünscht {time} ({zone})" }
    next_submission { en "Enters the queue at any moment" de "Kommt jeden Moment in die Warteschlange" }
    next_submission_late { en "Due, but not put into the queue. Check whether the server's workers run." de "Fällig, aber nicht in der Warteschlange. Bitte prüfen, ob die Hintergrunddienste des Servers laufen." }
    next_cancellation(time) { en "Cancelled at {time}" de "Abbruch um {time}" }
    next_dialling { en "Waits until this service dials again: dialling is switched off" de "Wartet, bis dieser Service wieder wählt: Das Wählen ist ausgeschaltet" }
    next_retry(time) { en "Next attempt from {time}, when an agent is free" de "Nächster Versuch ab {time}, sobald ein Agent frei ist" }
    follow { en "Follow" de "Mitlaufen" }
    follow_hint { en "Keeps the list at the current time" de "Hält die Liste bei der aktuellen Zeit" }
    address_not_used { en "Parts of the address were left out" de "Teile der Adresse wurden weggelassen" }
    address_parts { en "They name nothing that this list has." de "Sie bezeichnen nichts, was diese Liste hat." }
    page_gone(number) { en "Page {number} no longer exists." de "Seite {number} gibt es nicht mehr." }
    place_gone { en "The place in the list no longer exists." de "Die Stelle in der Liste gibt es nicht mehr." }
    at_least(count) { en "{count}+" de "{count}+" }
    new_callbacks(count) { en [one "{count} new callback" other "{count} new callbacks"] de [one "{count} neuer Rückruf" other "{count} neue Rückrufe"] }
    loading_callbacks { en "Loading callbacks" de "Rückrufe werden geladen" }
    callbacks_found(count) { en [one "{count} callback found" other "{count} callbacks found"] de [one "{count} Rückruf gefunden" other "{count} Rückrufe gefunden"] }
    pages { en "Pages" de "Seiten" }
    page(number) { en "Page {number}" de "Seite {number}" }
    previous_page { en "Previous page" de "Vorige Seite" }
    next_page { en "Next page" de "Nächste Seite" }
    times_in(zone) { en "Times in {zone}" de "Zeiten in {zone}" }
    zone_offset(zone, offset) { en "{zone}, {offset}" de "{zone}, {offset}" }
    kept(days) { en "Kept {days} days" de "{days} Tage aufbewahrt" }
    now_line(time) { en "Now {time}" de "Jetzt {time}" }

    // Columns
    column_metrics { en "Metrics" de "Kennzahlen" }
    column_state { en "State" de "Status" }
    column_desired_time { en "Desired Callback Time" de "Gewünschte Rückrufzeit" }
    column_service { en "Service Name" de "Service" }
    column_number { en "Customer Number" de "Rufnummer" }
    column_attempts { en "Attempts" de "Versuche" }
    column_agent { en "Agent" de "Agent" }
    column_updated { en "Last Update" de "Letzte Änderung" }
    column_id { en "Callback ID" de "Rückruf-ID" }
    column_actions { en "Actions" de "Aktionen" }

    column_any { en "Any Column" de "Alle Spalten" }

    // Row
    metrics_of(number) { en "Metrics {number}" de "Kennzahlen {number}" }
    edit { en "Edit" de "Bearbeiten" }
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
    days(count) { en [one "{count} day" other "{count} days"] de [one "{count} Tag" other "{count} Tage"] }
    minutes_seconds(minutes, seconds) { en "{minutes} min {seconds} s" de "{minutes} min {seconds} s" }
    hours_minutes(hours, minutes) { en "{hours} h {minutes} min" de "{hours} h {minutes} min" }

    // Expanded row
    metrics_region(number) { en "Callback metrics for {number}" de "Kennzahlen des Rückrufs an {number}" }
    position { en "Position in Queue" de "Position in der Warteschlange" }
    was(value) { en "was {value}" de "war {value}" }
    estimated_wait { en "Estimated Wait Time" de "Geschätzte Wartezeit" }
    customers_time { en "Customer's time" de "Zeit des Kunden" }
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
    term_times_rescheduled { en "Times rescheduled" de "Anzahl der Verschiebungen" }
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
    recording_kept_until(time) { en "kept until {time} for recreating" de "zum Neuanlegen aufbewahrt bis {time}" }
    recording_is_kept(time) { en "The name recording is carried over, as the callback ended less than four days ago. It is kept until {time}." de "Die Namensaufnahme wird übernommen: Der Rückruf endete vor weniger als vier Tagen. Sie wird bis {time} aufbewahrt." }
    recording_is_lost { en "A name recording is not carried over, as the callback ended more than four days ago." de "Eine Namensaufnahme wird nicht übernommen: Der Rückruf endete vor mehr als vier Tagen." }

    // Timeline
    event_created(actor) { en "Created by {actor}" de "Angelegt von {actor}" }
    event_rescheduled(actor) { en "Rescheduled by {actor}" de "Verschoben von {actor}" }
    event_clocks_changed { en "Moved with its clock: the law on local time changed" de "Mit der Uhr verschoben: Die Regel für die Ortszeit hat sich geändert" }
    event_submitted { en "Queued" de "Eingereiht" }
    event_reserved { en "Agent reserved" de "Agent reserviert" }
    event_connected { en "Agent connected" de "Agent verbunden" }
    event_released { en "Back in queue" de "Zurück in der Warteschlange" }
    event_lease_expired { en "Reservation expired, back in queue" de "Reservierung abgelaufen, zurück in der Warteschlange" }
    event_attempt_failed { en "Attempt failed" de "Versuch gescheitert" }
    event_finished { en "Completed" de "Beendet" }
    event_cancelled(actor) { en "Cancelled by {actor}" de "Abgebrochen von {actor}" }
    event_cancellation_requested(actor) { en "Cancellation requested by {actor}" de "Abbruch angefordert von {actor}" }
    event_cancellation_undone(actor) { en "Cancellation undone by {actor}" de "Abbruch zurückgenommen von {actor}" }
    event_recreated(actor) { en "Recreated by {actor}" de "Neu angelegt von {actor}" }
    event_expired { en "Not made in time" de "Nicht rechtzeitig ausgeführt" }
    event_missed_window { en "Window missed" de "Zeitfenster verpasst" }
    event_quarantined { en "Quarantined" de "Zurückgehalten" }
    event_requeued(actor) { en "Requeued by {actor}" de "Wieder eingereiht von {actor}" }
    event_closed(actor) { en "Closed by {actor}" de "Abgeschlossen von {actor}" }
    next_decision { en "Waits until somebody requeues or cancels it" de "Wartet, bis jemand ihn einreiht oder abbricht" }
    quarantined { en "quarantined" de "zurückgehalten" }
    quarantine_warning(time) { en "Not offered to agents since {time}: its reservation expired three times in a row, or its window passed. Requeue it, or cancel it." de "Wird Agents seit {time} nicht angeboten: Die Reservierung lief dreimal in Folge ab, oder das Zeitfenster war vorbei. Bitte wieder einreihen oder abbrechen." }
    with_extension(number, digits) { en "{number} ext. {digits}" de "{number} Durchwahl {digits}" }
    requeue { en "Requeue" de "Wieder einreihen" }
    callback_requeued { en "Callback requeued" de "Rückruf wieder eingereiht" }
    requeue_failed { en "The callback was not requeued" de "Der Rückruf wurde nicht wieder eingereiht" }
    close_callback { en "Close Callback" de "Rückruf abschließen" }
    close_hint { en "For a conversation that has ended although nothing reported its end. The customer is not called again." de "Für ein Gespräch, das vorbei ist, ohne dass sein Ende gemeldet wurde. Der Kunde wird nicht noch einmal angerufen." }
    close_result { en "Result" de "Ergebnis" }
    close_reason { en "Reason" de "Grund" }
    enter_reason { en "Enter a reason." de "Bitte einen Grund angeben." }
    callback_closed { en "Callback closed" de "Rückruf abgeschlossen" }
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

    // Empty and failed lists
    empty_range(range) { en "No callbacks in {range}" de "Keine Rückrufe: {range}" }
    empty_range_text { en "Callbacks appear here when their desired time is in this range." de "Rückrufe erscheinen hier, sobald ihre gewünschte Zeit in diesem Zeitraum liegt." }
    empty_neighbour(count, range) { en [one "There is {count} callback in {range}." other "There are {count} callbacks in {range}."] de [one "{count} Rückruf liegt in: {range}." other "{count} Rückrufe liegen in: {range}."] }
    show_range(range) { en "Show {range}" de "{range} anzeigen" }
    empty_search(column, text) { en "No {column} contains “{text}”" de "Kein Treffer für „{text}“ in der Spalte {column}" }
    empty_search_any(text) { en "Nothing contains “{text}”" de "Kein Treffer für „{text}“" }
    searched_filter(filter, range) { en "Searched the callbacks with the quick filter {filter} in {range}." de "Durchsucht wurden die Rückrufe mit dem Schnellfilter „{filter}“: {range}." }
    clear_search { en "Clear search" de "Suche leeren" }
    search_all_states { en "Search all states" de "In allen Status suchen" }
    trying_again { en "Trying again" de "Neuer Versuch läuft" }
    trying_again_in(time) { en "Trying again in {time}" de "Neuer Versuch in {time}" }
    searched(range) { en "Searched all callbacks in {range}." de "Durchsucht wurden alle Rückrufe: {range}." }
    empty_filter(filter, range) { en "No {filter} callbacks in {range}" de "Keine Rückrufe mit dem Schnellfilter „{filter}“: {range}" }
    empty_filter_text { en "The quick filter hides the others." de "Der Schnellfilter blendet die anderen aus." }
    list_failed { en "The list could not be loaded" de "Die Liste konnte nicht geladen werden" }
    refresh_failed { en "The list could not be refreshed" de "Die Liste konnte nicht aktualisiert werden" }

    // Callback Search
    callback_search { en "Callback Search" de "Rückrufsuche" }
    search_for { en "Callback ID or Phone Number" de "Rückruf-ID oder Telefonnummer" }
    search_hint { en "Searches all time ranges in the services you have access to." de "Durchsucht alle Zeiträume der sichtbaren Services." }
    search_unclear { en "Enter a whole Callback ID such as 019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2, or at least three digits of a number such as +44 20 7946 0318." de "Bitte eine ganze Rückruf-ID eingeben, zum Beispiel 019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2, oder mindestens drei Ziffern einer Nummer, zum Beispiel +49 30 23125 000." }
    search_none(days) { en "No callback with this ID or number. Records are kept {days} days." de "Kein Rückruf mit dieser ID oder Nummer. Datensätze werden {days} Tage aufbewahrt." }
    search_found(count, text) { en [one "{count} callback for {text}, in all time ranges and in the services you have access to." other "{count} callbacks for {text}, in all time ranges and in the services you have access to."] de [one "{count} Rückruf zu {text}, in allen Zeiträumen und sichtbaren Services." other "{count} Rückrufe zu {text}, in allen Zeiträumen und sichtbaren Services."] }
    results { en "Results" de "Treffer" }
    show_in_callbacks { en "Show in Callbacks" de "In den Rückrufen anzeigen" }
}
