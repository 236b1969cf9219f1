//! Services, users and API keys.

messages! {
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
}
