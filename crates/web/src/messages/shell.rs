//! The frame of every page, and failures.

messages! {
    product { en "Ringback" de "Ringback" }
    page_title(page) { en "{page} - Ringback" de "{page} - Ringback" }
    page_title_overdue(count, page) { en "({count}) {page} - Ringback" de "({count}) {page} - Ringback" }
    none { en "–" de "–" }
    dismiss { en "Dismiss" de "Ausblenden" }
    close { en "Close" de "Schließen" }
    loading { en "Loading" de "Wird geladen" }
    part_failed { en "This part of the page could not be loaded. If trying again does not help, reload the page." de "Dieser Teil der Seite konnte nicht geladen werden. Wenn auch ein neuer Versuch scheitert, bitte die Seite neu laden." }
    try_again { en "Try again" de "Erneut versuchen" }

    // Shell
    skip_to_content { en "Skip to content" de "Zum Inhalt springen" }
    home { en "Ringback home" de "Ringback-Startseite" }
    main_navigation { en "Main" de "Hauptnavigation" }
    account(name, role) { en "{name}, {role}" de "{name}, {role}" }
    account_menu { en "Account" de "Konto" }
    account_services(count) { en [one "{count} service" other "{count} services"] de [one "{count} Service" other "{count} Services"] }
    theme { en "Theme" de "Darstellung" }
    theme_system { en "System" de "System" }
    theme_light { en "Light" de "Hell" }
    theme_dark { en "Dark" de "Dunkel" }
    language { en "Language" de "Sprache" }
    my_account { en "My account" de "Mein Konto" }
    change_password { en "Change password" de "Passwort ändern" }
    current_password { en "Current password" de "Aktuelles Passwort" }
    own_password_hint { en "At least 8 characters, for example several words. Your other sessions end." de "Mindestens 8 Zeichen, zum Beispiel mehrere Wörter. Die anderen Sitzungen enden." }
    password_changed { en "Password changed" de "Passwort geändert" }
    fault_wrong_password { en "This is not your current password." de "Das ist nicht das aktuelle Passwort." }
    my_sessions { en "My sessions" de "Meine Sitzungen" }
    browser { en "Browser" de "Browser" }
    network_address { en "Address" de "Adresse" }
    signed_in_at { en "Signed in" de "Angemeldet" }
    last_used_at { en "Last used" de "Zuletzt benutzt" }
    this_session { en "This session" de "Diese Sitzung" }
    sign_out_of(browser, address) { en "Sign out {browser} at {address}" de "{browser} unter {address} abmelden" }
    last_administrator { en "The last administrator stays. Give another user this role first." de "Der letzte Administrator bleibt. Bitte zuerst einem anderen Benutzer diese Rolle geben." }
    sign_out { en "Sign out" de "Abmelden" }
    notifications { en "Messages" de "Meldungen" }
    simulation { en "Simulation: agents and customers are played by Ringback. Nobody is really called." de "Simulation: Ringback spielt Agenten und Kunden. Niemand wird wirklich angerufen." }
    offline { en "You are offline. What you see may be out of date, and changes cannot be sent." de "Offline. Die Anzeige kann veraltet sein, und Änderungen lassen sich nicht senden." }
    clock_ahead(difference) { en "This computer's clock is {difference} ahead. Ringback shows the server's time." de "Die Uhr dieses Computers geht {difference} vor. Ringback zeigt die Zeit des Servers." }
    clock_behind(difference) { en "This computer's clock is {difference} behind. Ringback shows the server's time." de "Die Uhr dieses Computers geht {difference} nach. Ringback zeigt die Zeit des Servers." }
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
    wrong_credentials { en "The username or the password is wrong." de "Benutzername oder Passwort ist falsch." }
    session_ended { en "Your session has ended. Sign in again to continue." de "Die Sitzung ist beendet. Bitte neu anmelden." }
    version(number) { en "Ringback {number}" de "Ringback {number}" }

    // Other pages
    not_found { en "Page not found" de "Seite nicht gefunden" }
    not_found_text { en "There is no page at this address." de "Unter dieser Adresse gibt es keine Seite." }
    go_to_callbacks { en "Go to Callbacks" de "Zu den Rückrufen" }
    go_home { en "Go to the start page" de "Zur Startseite" }
    one_callback { en "Callback" de "Rückruf" }
    no_such_callback { en "This callback does not exist" de "Diesen Rückruf gibt es nicht" }
    no_access { en "You have no access to callbacks" de "Kein Zugriff auf Rückrufe" }
    no_access_text { en "Callbacks are available to the roles Monitor, Supervisor and Administrator. Ask an Administrator to change your role." de "Rückrufe sehen die Rollen Monitor, Supervisor und Administrator. Ein Administrator kann die Rolle ändern." }
    start_failed { en "Ringback cannot be reached" de "Ringback ist nicht erreichbar" }

    // Menus, keys and the end of a session
    tools { en "Tools" de "Werkzeuge" }
    help { en "Help" de "Hilfe" }
    shortcuts { en "Shortcuts" de "Tastenkürzel" }
    about { en "About Ringback" de "Über Ringback" }
    server_release { en "Release" de "Version" }
    time_zone_database { en "Time zone database" de "Zeitzonendatenbank" }
    phone_number_tables { en "Phone number tables" de "Rufnummerntabellen" }
    api_documentation { en "API documentation" de "API-Dokumentation" }
    keyboard_shortcuts { en "Keyboard shortcuts" de "Tastenkürzel" }
    on { en "On" de "Ein" }
    off { en "Off" de "Aus" }
    reload_permissions { en "Reload permissions" de "Berechtigungen neu laden" }
    services_changed { en "Your services changed. Sign in again to use them." de "Die Services haben sich geändert. Nach einer neuen Anmeldung gelten sie." }
    permissions_reloaded { en "Permissions reloaded" de "Berechtigungen neu geladen" }
    permissions_unchanged { en "Permissions have not changed" de "Berechtigungen unverändert" }
    permissions_not_reloaded { en "Permissions could not be reloaded" de "Berechtigungen konnten nicht neu geladen werden" }
    session_ends(duration) { en "Your session ends in {duration}." de "Die Sitzung endet in {duration}." }
    stay_signed_in { en "Stay signed in" de "Angemeldet bleiben" }
    session_over { en "Sign in again" de "Neu anmelden" }
    sign_in_again(name) { en "Enter the password of {name} to continue. Nothing you have filled in is lost." de "Bitte das Passwort von {name} eingeben, um fortzufahren. Eingaben bleiben erhalten." }
    key_search { en "Search" de "Suchen" }
    key_next_row { en "Next row" de "Nächste Zeile" }
    key_previous_row { en "Previous row" de "Vorige Zeile" }
    key_edit { en "Edit or recreate the row" de "Zeile bearbeiten oder neu anlegen" }
    key_select { en "Select the row" de "Zeile auswählen" }
    key_extend { en "Select a range of rows" de "Mehrere Zeilen auswählen" }
    key_pages { en "Previous, next page" de "Vorige, nächste Seite" }
    key_callbacks { en "Go to Callbacks" de "Zu den Rückrufen" }
    key_callback_search { en "Go to Callback Search" de "Zur Rückrufsuche" }
    key_escape { en "Close, clear the search, or clear the selection" de "Schließen, Suche löschen oder Auswahl aufheben" }
    key_list { en "This list" de "Diese Liste" }
    shortcuts_hint { en "Shortcuts work outside text fields and dialogs. You can turn them off in the account menu." de "Einzelne Tasten wirken außerhalb von Textfeldern und Dialogen. Das Kontomenü schaltet sie aus." }

    // Failures
    unreachable { en "The server could not be reached. Check your connection." de "Der Server ist nicht erreichbar. Bitte die Verbindung prüfen." }
    unreadable(status) { en "The server sent a response that this page does not understand ({status}). Try again." de "Der Server hat unerwartet geantwortet ({status}). Bitte noch einmal versuchen." }
    reference(id) { en "Reference {id}." de "Referenz {id}." }
    problem_forbidden { en "Your role does not allow this." de "Die Rolle erlaubt das nicht." }
    problem_not_found { en "It no longer exists, or you have no access to it." de "Es existiert nicht mehr, oder der Zugriff fehlt." }
    problem_state { en "Its state no longer allows this." de "Der Status erlaubt das nicht mehr." }
    problem_stale { en "It has been changed meanwhile." de "Es wurde inzwischen geändert." }
    problem_in_flight { en "The same request is still running. Try again in a moment." de "Dieselbe Anfrage läuft noch. Bitte gleich noch einmal versuchen." }
    problem_invalid { en "Some values are invalid." de "Einige Angaben sind ungültig." }
    problem_rate { en "Too many requests. Try again in a moment." de "Zu viele Anfragen. Bitte gleich noch einmal versuchen." }
    problem_internal { en "Something went wrong on the server." de "Auf dem Server ist etwas schiefgegangen." }
    problem_unavailable { en "The server is not available at the moment." de "Der Server ist gerade nicht verfügbar." }
    problem_storage_full { en "The server's disk is full. Nothing was changed." de "Die Festplatte des Servers ist voll. Nichts wurde geändert." }
    problem_session { en "Your session has ended." de "Die Sitzung ist beendet." }
}
