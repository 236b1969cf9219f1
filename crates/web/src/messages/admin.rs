//! Services, users and API keys.

messages! {
    // Services and users
    services { en "Services" de "Services" }
    create_service { en "Create Service" de "Service anlegen" }
    edit_service { en "Edit Service" de "Service bearbeiten" }
    service_created { en "Service created" de "Service angelegt" }
    service_saved { en "Service saved" de "Service gespeichert" }
    seen_after_reload { en "People see it after their next sign-in, or after Reload permissions." de "Sichtbar ab der nächsten Anmeldung oder nach „Berechtigungen neu laden“." }
    name { en "Name" de "Name" }
    enter_name { en "Enter a name." de "Namen eingeben." }
    name_taken { en "This name is taken. Use another name." de "Dieser Name ist vergeben. Bitte einen anderen wählen." }
    time_zone { en "Time zone" de "Zeitzone" }
    time_zone_example { en "For example Europe/London." de "Zum Beispiel Europe/Berlin." }
    country { en "Country" de "Land" }
    country_hint { en "Two letters, for example GB. National numbers are read as numbers of this country." de "Zwei Buchstaben, zum Beispiel DE. Nationale Nummern gelten als Nummern dieses Landes." }
    accept_new { en "Accept new callbacks" de "Neue Rückrufe annehmen" }
    dial_pending { en "Dial waiting callbacks" de "Wartende Rückrufe wählen" }
    immediate_enabled { en "Immediate callbacks" de "Sofortige Rückrufe" }
    scheduled_enabled { en "Scheduled callbacks" de "Geplante Rückrufe" }
    callback_types { en "Callback Types" de "Arten" }
    window { en "Window" de "Zeitfenster" }
    window_seconds { en "Window in seconds" de "Zeitfenster in Sekunden" }
    window_hint { en "A callback that is still SCHEDULED this long after its time shows a warning." de "Ist ein Rückruf so lange nach seiner Zeit noch SCHEDULED, erscheint eine Warnung." }
    fault_time_zone { en "Unknown time zone. Use an IANA name, for example Europe/London." de "Unbekannte Zeitzone. Bitte einen IANA-Namen angeben, zum Beispiel Europe/Berlin." }
    fault_country { en "Use a two-letter country code, for example GB." de "Bitte einen Ländercode mit zwei Buchstaben angeben, zum Beispiel DE." }
    horizon_days { en "Days ahead" de "Tage im Voraus" }
    horizon_hint { en "How far ahead a time can be chosen." de "So weit im Voraus lässt sich eine Zeit wählen." }
    fault_horizon { en "Enter 1 to 366 days." de "1 bis 366 Tage eingeben." }
    late_policy { en "After an outage" de "Nach einem Ausfall" }
    late_policy_hint { en "What becomes of a callback whose window passed while nobody could make it." de "Was mit einem Rückruf geschieht, dessen Zeitfenster verstrich, während niemand anrufen konnte." }
    late_make { en "Call back as soon as possible" de "So bald wie möglich zurückrufen" }
    late_ask { en "Wait until somebody decides" de "Warten, bis jemand entscheidet" }
    late_close { en "Close as FAIL_MISSED_WINDOW" de "Als FAIL_MISSED_WINDOW abschließen" }
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
    new_password_hint { en "Leave it empty to keep the current password." de "Leer lassen, um das Passwort zu behalten." }
    password_hint { en "At least 8 characters." de "Mindestens 8 Zeichen." }
    user_consequence { en "A new role, a new password or disabling the user ends their sessions at once. A change of services applies from the next sign-in." de "Eine neue Rolle, ein neues Passwort und das Sperren beenden die Sitzungen sofort. Andere Services gelten ab der nächsten Anmeldung." }
    none_yet { en "There are none yet." de "Es gibt noch keine." }
    integrations { en "Integrations" de "Integrationen" }
    api_keys { en "API Keys" de "API-Schlüssel" }
    api_key { en "API key" de "API-Schlüssel" }
    create_api_key { en "Create API Key" de "API-Schlüssel anlegen" }
    shown_once { en "Copy it now. It will not be shown again." de "Jetzt kopieren: Er wird nicht noch einmal angezeigt." }
    scopes { en "Scopes" de "Rechte" }
    choose_scope { en "Choose at least one scope." de "Mindestens ein Recht wählen." }
    revoke_api_key { en "Revoke API Key" de "API-Schlüssel widerrufen" }
    revoke { en "Revoke" de "Widerrufen" }
    revoke_of(name) { en "Revoke {name}" de "{name} widerrufen" }
    revoke_consequence(name) { en "{name} stops working at once. This cannot be undone." de "{name} gilt ab sofort nicht mehr. Das lässt sich nicht rückgängig machen." }
    api_key_revoked { en "API key revoked" de "API-Schlüssel widerrufen" }
    revoked { en "Revoked" de "Widerrufen" }
    expired { en "Expired" de "Abgelaufen" }
    no_integrations { en "You have no access to integrations" de "Kein Zugriff auf Integrationen" }
    no_integrations_text { en "Integrations are available to the roles Developer and Administrator. Ask an Administrator to change your role." de "Integrationen sehen die Rollen Entwickler und Administrator. Ein Administrator kann die Rolle ändern." }
    no_users { en "You have no access to users" de "Kein Zugriff auf Benutzer" }
    no_users_text { en "Users are available to the role Administrator. Ask an Administrator to change your role." de "Benutzer sieht die Rolle Administrator. Ein Administrator kann die Rolle ändern." }
}
