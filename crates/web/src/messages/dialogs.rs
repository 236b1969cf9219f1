//! The dialogs of the Callbacks page.

messages! {
    // Dialogs
    callback_type { en "Callback Type" de "Art des Rückrufs" }
    immediate { en "Immediate" de "Sofort" }
    immediate_hint { en "Joins the queue now" de "Kommt jetzt in die Warteschlange" }
    scheduled { en "Scheduled" de "Geplant" }
    scheduled_hint { en "At a date and time" de "Zu einem Datum und einer Uhrzeit" }
    service_type { en "Service Type" de "Service" }
    customer_number { en "Customer Number" de "Rufnummer des Kunden" }
    customer_number_hint { en "In national or international form, for example +44 20 7946 0318." de "National oder international, zum Beispiel +49 30 23125 000." }
    date { en "Date" de "Datum" }
    time { en "Time" de "Uhrzeit" }
    time_zone_hint(zone) { en "Times in {zone}." de "Zeiten in {zone}." }
    create { en "Create" de "Anlegen" }
    choose_service { en "Choose a service." de "Service wählen." }
    enter_number { en "Enter the customer's number." de "Rufnummer des Kunden eingeben." }
    enter_date { en "Enter a date." de "Datum eingeben." }
    enter_time { en "Enter a time." de "Uhrzeit eingeben." }
    time_in_past { en "This time has passed. Enter a later time." de "Diese Zeit ist vorbei. Bitte eine spätere eingeben." }
    waiting_now(count) { en "{count} waiting." de "{count} in der Warteschlange." }
    more_details { en "More details" de "Weitere Angaben" }
    more_details_hint { en "language, priority, user data" de "Sprache, Priorität, Kundendaten" }
    language_hint { en "For example en-GB." de "Zum Beispiel de-DE." }
    priority_hint { en "Higher is served sooner; the default is 0." de "Höhere Werte kommen früher an die Reihe; normal ist 0." }
    customers_zone { en "Customer's time zone" de "Zeitzone des Kunden" }
    user_data { en "User data" de "Kundendaten" }
    user_data_hint { en "One name and value per line, for example account: 4711." de "Je Zeile ein Name und ein Wert, zum Beispiel Konto: 4711." }
    fault_language { en "Use a language tag, for example en-GB." de "Bitte ein Sprachkürzel angeben, zum Beispiel de-DE." }
    fault_priority { en "Enter a whole number from -1000 to 1000." de "Bitte eine ganze Zahl von -1000 bis 1000 angeben." }
    fault_user_data { en "Each line needs a name, a colon and a value, for example account: 4711." de "Jede Zeile braucht einen Namen, einen Doppelpunkt und einen Wert, zum Beispiel Konto: 4711." }
    fault_user_data_twice { en "Use each name only once." de "Jeder Name darf nur einmal vorkommen." }
    time_twice { en "The clocks go back on this day, so this time occurs twice." de "An diesem Tag werden die Uhren zurückgestellt, daher gibt es diese Uhrzeit zweimal." }
    which_occurrence { en "Which of the two" de "Welche von beiden" }
    first_occurrence { en "The first" de "Die erste" }
    first_occurrence_hint { en "Before the clocks go back" de "Vor dem Zurückstellen der Uhren" }
    second_occurrence { en "The second" de "Die zweite" }
    second_occurrence_hint { en "After the clocks go back" de "Nach dem Zurückstellen der Uhren" }
    choose_occurrence { en "This time occurs twice: choose which one." de "Diese Uhrzeit gibt es zweimal. Bitte die erste oder die zweite wählen." }
    no_such_time { en "The clocks go forward then, so this time does not exist on this day. Enter another time." de "Dann werden die Uhren vorgestellt, daher gibt es diese Uhrzeit an diesem Tag nicht. Bitte eine andere eingeben." }
    callback_created { en "Callback created" de "Rückruf angelegt" }
    outside_range(time, range) { en "{time} is outside {range}." de "{time} liegt nicht in: {range}." }
    outside_filters { en "The current filters hide it." de "Die aktuellen Filter blenden ihn aus." }
    switch_to(range) { en "Switch to {range}" de "Zu {range} wechseln" }
    choose_service_option { en "Choose a service" de "Service wählen" }
    no_services { en "You have access to no service" de "Kein Service zugänglich" }
    callback_summary(number, service, time) { en "{number}, {service}, {time}" de "{number}, {service}, {time}" }
    nothing_changed { en "The desired time is unchanged" de "Die gewünschte Zeit bleibt unverändert" }
    callback_being_cancelled(time) { en "Callback will be cancelled in {time}" de "Rückruf wird in {time} abgebrochen" }
    callbacks_being_cancelled(count, time) { en [one "{count} callback will be cancelled in {time}" other "{count} callbacks will be cancelled in {time}"] de [one "{count} Rückruf wird in {time} abgebrochen" other "{count} Rückrufe werden in {time} abgebrochen"] }
    undo { en "Undo" de "Rückgängig" }
    undo_cancellation { en "Undo cancellation" de "Abbruch zurücknehmen" }
    undo_failed { en "The cancellation could not be undone" de "Der Abbruch ließ sich nicht zurücknehmen" }
    cancellation_undone { en "Cancellation undone" de "Abbruch zurückgenommen" }
    cancellation_pending(time, name) { en "Will be cancelled in {time} ({name}). Nobody is called meanwhile." de "Wird in {time} abgebrochen ({name}). Bis dahin wird niemand angerufen." }
    begins_in(time) { en "Begins in {time}. Until then none of these customers is called." de "Beginnt in {time}. Bis dahin wird keiner dieser Kunden angerufen." }
    report_of_day { en "All cancellations of the last 24 hours" de "Alle Abbrüche der letzten 24 Stunden" }
    report_of_day_hint { en "One by one and in bulk, by whoever cancelled" de "Einzeln und gesammelt, von wem auch immer" }
    read_as(number) { en "Read as {number}." de "Gelesen als {number}." }
    already_open { en "Open callbacks for this number:" de "Offene Rückrufe für diese Nummer:" }
    open_callback(state, service, time) { en "{state}, {service}, {time}" de "{state}, {service}, {time}" }
    kind_fixed { en "landline" de "Festnetz" }
    kind_mobile { en "mobile phone" de "Mobiltelefon" }
    kind_fixed_or_mobile { en "landline or mobile phone" de "Festnetz oder Mobiltelefon" }
    kind_toll_free { en "free for the caller" de "gebührenfrei" }
    kind_premium { en "premium rate" de "Mehrwertdienst" }
    kind_other { en "special number" de "Sondernummer" }
    show_it { en "Show it" de "Anzeigen" }
    show_all { en "Show all" de "Alle anzeigen" }
    edit_callback { en "Edit Callback" de "Rückruf bearbeiten" }
    edit_options { en "Edit Options" de "Bearbeiten" }
    reschedule { en "Reschedule" de "Verschieben" }
    reschedule_hint { en "To another date or time" de "Auf einen anderen Termin" }
    only_scheduled { en "Only while SCHEDULED" de "Nur im Status SCHEDULED" }
    cancel_hint { en "The customer is not called" de "Der Kunde wird nicht angerufen" }
    cancel_callback { en "Cancel Callback" de "Rückruf abbrechen" }
    save { en "Save" de "Speichern" }
    confirm { en "Confirm" de "Bestätigen" }
    cancel_consequence(time) { en "The customer will not be called. The record stays as COMPLETED (CANCELLED_BY_ADMIN) until {time}." de "Der Kunde wird nicht angerufen. Der Datensatz bleibt als COMPLETED (CANCELLED_BY_ADMIN) bis {time}." }
    removal_moves(days) { en "The record is removed {days} days after the desired time." de "Der Datensatz wird {days} Tage nach der gewünschten Zeit entfernt." }
    callback_rescheduled { en "Callback rescheduled" de "Rückruf verschoben" }
    callback_cancelled { en "Callback cancelled" de "Rückruf abgebrochen" }
    changed_meanwhile(before, after, time) { en "This callback went from {before} to {after} at {time}." de "Dieser Rückruf ging um {time} von {before} zu {after} über." }
    no_longer_reschedulable { en "It can no longer be rescheduled." de "Er lässt sich nicht mehr verschieben." }
    no_longer_cancellable { en "It can no longer be cancelled." de "Er lässt sich nicht mehr abbrechen." }
    moved_meanwhile(time) { en "This callback has been rescheduled to {time} meanwhile." de "Dieser Rückruf wurde inzwischen auf {time} verschoben." }
    recreate_callback { en "Recreate Callback" de "Rückruf neu anlegen" }
    recreate { en "Recreate" de "Neu anlegen" }
    callback_recreated { en "Callback recreated" de "Rückruf neu angelegt" }
    recreate_consequence { en "A new callback is created. The two records link to each other." de "Ein neuer Rückruf wird angelegt. Beide Datensätze verweisen aufeinander." }
    is_now(state) { en "It is now {state}." de "Er ist jetzt {state}." }

    // What the server finds in a form
    fault_beyond_horizon { en "This service plans less far ahead. Choose an earlier time." de "So weit im Voraus plant dieser Service nicht. Bitte einen früheren Zeitpunkt wählen." }
    fault_several_numbers { en "These are several numbers. Enter one of them." de "Das sind mehrere Nummern. Bitte eine davon eingeben." }
    number_unknown_length { en "Longer than the known numbers of its country. Check it before the call." de "Länger als die bekannten Nummern des Landes. Bitte vor dem Anruf prüfen." }
    fault_ambiguous_time { en "Clocks go back and show this time twice. Choose an earlier or later one." de "Die Uhren werden zurückgestellt und zeigen diese Zeit zweimal. Bitte eine frühere oder spätere wählen." }
    fault_skipped_time { en "Clocks go forward over this time. Choose an earlier or later one." de "Die Uhren werden vorgestellt und überspringen diese Zeit. Bitte eine frühere oder spätere wählen." }
    fault_too_early { en "This time is too long ago. Enter a later one." de "Dieser Zeitpunkt liegt zu weit zurück. Bitte einen späteren eingeben." }
    fault_conflict { en "This does not go together with another entry. Change one of them." de "Das passt nicht zu einer anderen Angabe. Bitte eine davon ändern." }
    fault_in_the_past { en "This time has passed. Enter a later one." de "Dieser Zeitpunkt ist vorbei. Bitte einen späteren eingeben." }
    fault_in_the_future { en "This time is still to come. Enter an earlier one." de "Dieser Zeitpunkt liegt in der Zukunft. Bitte einen früheren eingeben." }
    fault_control_character { en "This entry contains an invisible character. Type it again." de "Diese Angabe enthält ein unsichtbares Zeichen. Bitte neu eingeben." }
    fault_invalid_value { en "This entry is not valid. Check it." de "Diese Angabe ist nicht gültig. Bitte prüfen." }
    fault_not_allowed { en "This entry does not belong here. Remove it." de "Diese Angabe gehört nicht hierher. Bitte entfernen." }
    fault_not_audio { en "This file is not a recording of its type. Choose another one." de "Diese Datei ist keine Aufnahme ihres Typs. Bitte eine andere wählen." }
    fault_not_enabled { en "This service does not offer this type of callback. Choose another type." de "Dieser Service bietet diese Art von Rückruf nicht an. Bitte eine andere wählen." }
    fault_not_for_immediate { en "An immediate callback has no desired time. Remove it." de "Ein sofortiger Rückruf hat keine Wunschzeit. Bitte entfernen." }
    fault_not_permitted { en "You can only grant rights that you have yourself." de "Vergeben lassen sich nur Rechte, die man selbst hat." }
    fault_out_of_range { en "This value is too small or too large. Change it." de "Dieser Wert ist zu klein oder zu groß. Bitte ändern." }
    fault_required { en "This entry is missing. Fill it in." de "Diese Angabe fehlt. Bitte ergänzen." }
    fault_too_long { en "This entry is too long. Shorten it." de "Diese Angabe ist zu lang. Bitte kürzen." }
    fault_username { en "Use 1 to 64 letters, digits, '.', '_', '-' or '@'." de "1 bis 64 Buchstaben, Ziffern, „.“, „_“, „-“ oder „@“ verwenden." }
    fault_weak_password { en "Use 8 to 256 characters that are neither the user name nor a common password." de "Bitte 8 bis 256 Zeichen verwenden, die weder der Benutzername noch ein häufiges Passwort sind." }
    fault_unknown_service { en "This service no longer exists. Choose another one." de "Diesen Service gibt es nicht mehr. Bitte einen anderen wählen." }
    fault_not_accepting { en "This service does not accept new callbacks at the moment. Choose another one." de "Dieser Service nimmt gerade keine neuen Rückrufe an. Bitte einen anderen wählen." }
    fault_malformed_number { en "This is not a phone number. Check the digits." de "Das ist keine Telefonnummer. Bitte die Ziffern prüfen." }
    fault_impossible_number { en "No number of this country has this length. Check for missing or extra digits." de "Keine Nummer dieses Landes ist so lang. Fehlen Ziffern, oder sind es zu viele?" }

    // Advanced Options
    advanced_options { en "Advanced Options" de "Erweiterte Optionen" }
    configure_columns { en "Configure Columns" de "Spalten einrichten" }
    some_of(some, all) { en "{some} of {all}" de "{some} von {all}" }
    move_up(column) { en "Move {column} up" de "{column} nach oben" }
    move_down(column) { en "Move {column} down" de "{column} nach unten" }
    moved_to(column, place, count) { en "{column}, {place} of {count}" de "{column}, {place} von {count}" }
    always_shown { en "Always shown" de "Immer sichtbar" }
    time_display { en "Time display" de "Zeitanzeige" }
    compact_rows { en "Compact rows" de "Kompakte Zeilen" }
    show_24h { en "Show Time in 24 Hour" de "24-Stunden-Format" }
    show_24h_hint(long, short) { en "{long} instead of {short}" de "{long} statt {short}" }
    time_of_service(time, zone) { en "{time} (service, {zone})" de "{time} (Service, {zone})" }
    zone_of_service(zone) { en "{zone} (service)" de "{zone} (Service)" }
    zone_of_customer(zone) { en "{zone} (customer)" de "{zone} (Kunde)" }
    time_here(time, zone) { en "That is {time} in {zone}." de "Das ist {time} in {zone}." }
    time_of_customer(time, zone) { en "{time} (customer, {zone})" de "{time} (Kunde, {zone})" }
    time_in_zone(time, zone) { en "{time} ({zone})" de "{time} ({zone})" }
    show_utc { en "Show Times in UTC" de "Zeiten in UTC" }
    show_utc_hint(zone) { en "Local is {zone}" de "Ortszeit ist {zone}" }
    configure_ranges { en "Configure Custom Date Range" de "Eigenen Zeitraum einrichten" }
    range_kind { en "Kind of range" de "Art des Zeitraums" }
    range_dates { en "Dates" de "Zeitspanne" }
    range_daily { en "Every day" de "Jeden Tag" }
    range_name { en "Range Name" de "Name" }
    range_from { en "From" de "Von" }
    range_to { en "To" de "Bis" }
    range_from_time { en "From, time" de "Von, Uhrzeit" }
    range_to_time { en "To, time" de "Bis, Uhrzeit" }
    add_range { en "Add Range" de "Hinzufügen" }
    remove_range(range) { en "Remove {range}" de "{range} entfernen" }
    range_added(range) { en "{range} added" de "{range} hinzugefügt" }
    range_removed(range) { en "{range} removed" de "{range} entfernt" }
    range_name_long { en "Use at most 60 characters." de "Höchstens 60 Zeichen." }
    range_name_taken { en "A range with this name already exists. Use another name." de "Einen Zeitraum mit diesem Namen gibt es schon. Bitte einen anderen Namen wählen." }
    range_order { en "To must be after From." de "Bis muss nach Von liegen." }
    range_hours_same { en "To must differ from From." de "Bis muss sich von Von unterscheiden." }
    visible_states { en "Visible Callback States" de "Sichtbare Status" }
    visible_services { en "Visible Callback Services" de "Sichtbare Services" }
    visible_services_hint { en "The services you have access to. New ones appear after your next sign-in." de "Die verfügbaren Services. Neue erscheinen nach der nächsten Anmeldung." }
    all_boxes { en "ALL" de "ALLE" }
    choose_one { en "Choose at least one" de "Mindestens einen Eintrag wählen" }
    apply { en "Apply" de "Anwenden" }
    reset_to_defaults { en "Reset to defaults" de "Auf Standard zurücksetzen" }
    ranges_own { en "My ranges" de "Eigene" }
    from_to(from, to) { en "{from} – {to}" de "{from} – {to}" }
    every_day(hours) { en "{hours} every day" de "{hours}, jeden Tag" }
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
    selected(count) { en [one "{count} selected" other "{count} selected"] de [one "{count} ausgewählt" other "{count} ausgewählt"] }
    selection_cleared { en "Selection cleared" de "Auswahl aufgehoben" }
    clear { en "Clear" de "Aufheben" }
    count_in_state(count, state) { en "{count} {state}" de "{count} {state}" }
    cancel_callbacks { en "Cancel Callbacks" de "Rückrufe abbrechen" }
    cancel_title { en "Cancel Callbacks Confirmation" de "Rückrufe abbrechen: Bestätigung" }
    selected_callbacks { en "Selected callbacks" de "Ausgewählte Rückrufe" }
    cancel_these(count) { en [one "This callback will be cancelled and kept as COMPLETED (CANCELLED_BY_ADMIN)." other "These {count} callbacks will be cancelled and kept as COMPLETED (CANCELLED_BY_ADMIN)."] de [one "Dieser Rückruf wird abgebrochen und als COMPLETED (CANCELLED_BY_ADMIN) aufbewahrt." other "Diese {count} Rückrufe werden abgebrochen und als COMPLETED (CANCELLED_BY_ADMIN) aufbewahrt."] }
    cancel_none { en "None of the selected callbacks can still be cancelled." de "Keiner der ausgewählten Rückrufe lässt sich noch abbrechen." }
    cancel_none_in_range { en "No callback in this time range can be cancelled." de "Kein Rückruf in diesem Zeitraum lässt sich abbrechen." }
    left_out(count, names) { en [one "{count} selected callback is left out: {names}." other "{count} selected callbacks are left out: {names}."] de [one "{count} ausgewählter Rückruf bleibt ausgenommen: {names}." other "{count} ausgewählte Rückrufe bleiben ausgenommen: {names}."] }
    left_out_name(number, service, state) { en "{number}, {service}, {state}" de "{number}, {service}, {state}" }
    and_more(count) { en "and {count} more" de "und {count} weitere" }
    cancel_all { en "Cancel All Callbacks In Current Time Range" de "Alle Rückrufe im aktuellen Zeitraum abbrechen" }
    cancel_all_hint(range) { en "Overrides the selection. Current range: {range}. Search and filters are ignored." de "Ersetzt die Auswahl. Aktueller Zeitraum: {range}. Suche und Filter gelten nicht." }
    cancel_matching_hint(range) { en "Overrides the selection. Current range: {range}. Search and filters apply." de "Ersetzt die Auswahl. Aktueller Zeitraum: {range}. Suche und Filter gelten." }
    only_matching { en "Only callbacks matching the current filters" de "Nur Rückrufe, die den aktuellen Filtern entsprechen" }
    every_matching_in { en "Every callback that matches the current filters in " de "Jeder Rückruf, der den aktuellen Filtern entspricht, im Zeitraum " }
    every_in { en "Every callback in " de "Jeder Rückruf im Zeitraum " }
    from_until(from, to) { en "{from} to {to}" de "{from} bis {to}" }
    hours_within(hours, range) { en "{hours}, {range}" de "{hours}, {range}" }
    every_in_bounds(range, zone) { en " ({range}, {zone}) that can still be cancelled will be cancelled, on all pages and in the services you have access to." de " ({range}, {zone}), der sich noch abbrechen lässt, wird abgebrochen, auf allen Seiten und in allen sichtbaren Services." }
    quoted(text) { en "“{text}”" de "„{text}“" }
    to_be_cancelled { en "To be cancelled" de "Abzubrechen" }
    counting { en "Counting callbacks" de "Rückrufe werden gezählt" }
    processing_left_out(count) { en [one "{count} is in PROCESSING and left out." other "{count} are in PROCESSING and left out."] de [one "{count} ist in PROCESSING und bleibt ausgenommen." other "{count} sind in PROCESSING und bleiben ausgenommen."] }
    already_completed(count) { en [one "{count} is already COMPLETED." other "{count} are already COMPLETED."] de [one "{count} ist schon COMPLETED." other "{count} sind schon COMPLETED."] }
    list_is_fixed { en "The list is fixed when you confirm; a callback in conversation by then is skipped and reported." de "Die Liste steht mit der Bestätigung fest; wer bis dahin im Gespräch ist, wird übersprungen und vermerkt." }
    callbacks_count(count) { en [one "{count} callback" other "{count} callbacks"] de [one "{count} Rückruf" other "{count} Rückrufe"] }
    cancelling { en "Cancelling callbacks" de "Rückrufe werden abgebrochen" }
    done_of(done, total) { en "{done} of {total}" de "{done} von {total}" }
    cancelled { en "Cancelled" de "Abgebrochen" }
    skipped { en "Skipped" de "Übersprungen" }
    failed { en "Failed" de "Fehlgeschlagen" }
    not_begun { en "Not begun" de "Nicht begonnen" }
    stop { en "Stop" de "Anhalten" }
    may_close { en "You can close this window. The cancellation continues, and the result appears under Export Cancelled Reports." de "Dieses Fenster kann geschlossen werden. Der Abbruch läuft weiter, und das Ergebnis erscheint unter „Abbruchberichte exportieren“." }
    callbacks_cancelled(count) { en [one "{count} callback cancelled" other "{count} callbacks cancelled"] de [one "{count} Rückruf abgebrochen" other "{count} Rückrufe abgebrochen"] }
    not_cancelled(skipped, failed) { en "{skipped} skipped, {failed} failed." de "{skipped} übersprungen, {failed} fehlgeschlagen." }
    stopped_before(count) { en [one "Stopped; {count} was not begun." other "Stopped; {count} were not begun."] de [one "Angehalten; {count} wurde nicht begonnen." other "Angehalten; {count} wurden nicht begonnen."] }
    cancelling_lost { en "The progress of the cancellation could not be read" de "Der Fortschritt des Abbruchs konnte nicht gelesen werden" }
    exceptions { en "Not cancelled" de "Nicht abgebrochen" }
    outcome_processing { en "an agent is handling it" de "ein Agent bearbeitet ihn" }
    outcome_completed { en "had already finished" de "war schon beendet" }
    outcome_not_permitted { en "not permitted" de "nicht erlaubt" }
    outcome_failed { en "could not be cancelled" de "ließ sich nicht abbrechen" }
    report { en "Cancellation Summary Report" de "Abbruchbericht" }
    report_sheet { en "Report as XLSX" de "Bericht als XLSX" }
    report_failed { en "The report could not be saved" de "Der Bericht konnte nicht gespeichert werden" }
    report_of(count, time, user) { en [one "CSV, {count} callback, {time}, {user}" other "CSV, {count} callbacks, {time}, {user}"] de [one "CSV, {count} Rückruf, {time}, {user}" other "CSV, {count} Rückrufe, {time}, {user}"] }
    reports_recent { en "Cancellations of the last 24 hours." de "Abbrüche der letzten 24 Stunden." }
    reports_none { en "No callbacks were cancelled in the last 24 hours." de "In den letzten 24 Stunden wurden keine Rückrufe abgebrochen." }
    export { en "Export" de "Exportieren" }
    export_reports { en "Export Cancelled Reports" de "Abbruchberichte exportieren" }
    export_list { en "Export This List" de "Diese Liste exportieren" }
    export_xlsx { en "Spreadsheet (XLSX)" de "Tabelle (XLSX)" }
    export_csv { en "CSV" de "CSV" }
    export_ndjson { en "JSON lines" de "JSON Lines" }
    export_failed { en "The list could not be exported" de "Die Liste konnte nicht exportiert werden" }
}
