//! The audit.

use ringback_domain::wire::audit::AuditAction;

messages! {
    audit { en "Audit" de "Audit" }
    no_audit { en "You have no access to the audit" de "Kein Zugriff auf das Audit" }
    no_audit_text { en "The audit is available to the role Administrator. Ask an Administrator to change your role." de "Das Audit sieht die Rolle Administrator. Ein Administrator kann die Rolle ändern." }
    audit_time { en "Time" de "Zeit" }
    audit_person { en "Person or key" de "Person oder Schlüssel" }
    audit_action { en "Action" de "Aktion" }
    audit_object { en "Object" de "Objekt" }
    audit_result { en "Result" de "Ergebnis" }
    audit_accepted { en "Accepted" de "Angenommen" }
    audit_refused(reason) { en "Refused: {reason}" de "Abgelehnt: {reason}" }
    audit_everybody { en "Everybody" de "Alle" }
    audit_every_action { en "Every action" de "Jede Aktion" }
    audit_from { en "From" de "Von" }
    audit_to { en "To" de "Bis" }
    audit_of_user(name) { en "{name} (user)" de "{name} (Benutzer)" }
    audit_of_key(name) { en "{name} (API key)" de "{name} (API-Schlüssel)" }
    audit_unknown_user { en "Unknown user" de "Unbekannter Benutzer" }
    audit_older { en "Load older entries" de "Ältere Einträge laden" }
    audit_api_key_create { en "Create API key" de "API-Schlüssel anlegen" }
    audit_api_key_revoke { en "Revoke API key" de "API-Schlüssel widerrufen" }
    audit_bulk_create { en "Cancel many callbacks" de "Viele Rückrufe abbrechen" }
    audit_bulk_export { en "Read cancellation report" de "Abbruchbericht lesen" }
    audit_bulk_stop { en "Stop bulk cancellation" de "Abbruch vieler Rückrufe anhalten" }
    audit_callback_cancel { en "Cancel callback" de "Rückruf abbrechen" }
    audit_callback_undo_cancel { en "Undo cancellation" de "Abbruch zurücknehmen" }
    audit_cancellation_export { en "Read report of cancellations" de "Bericht über Abbrüche lesen" }
    audit_bulk_undo { en "Undo bulk cancellation" de "Abbruch vieler Rückrufe zurücknehmen" }
    audit_callback_close { en "Close callback" de "Rückruf abschließen" }
    audit_callback_create { en "Create callback" de "Rückruf anlegen" }
    audit_callback_export { en "Export callbacks" de "Rückrufe exportieren" }
    audit_put_name { en "Attach name recording" de "Namensaufnahme anfügen" }
    audit_callback_recreate { en "Recreate callback" de "Rückruf neu anlegen" }
    audit_remove_name { en "Remove name recording" de "Namensaufnahme entfernen" }
    audit_callback_requeue { en "Requeue callback" de "Rückruf wieder einreihen" }
    audit_callback_follow_clocks { en "Move callbacks with their clocks" de "Rückrufe mit ihrer Uhr verschieben" }
    audit_callback_reschedule { en "Reschedule callback" de "Rückruf verschieben" }
    audit_authorize { en "Request without permission" de "Anfrage ohne Berechtigung" }
    audit_view_create { en "Save view" de "Ansicht speichern" }
    audit_view_delete { en "Delete saved view" de "Gespeicherte Ansicht löschen" }
    audit_view_edit { en "Change saved view" de "Gespeicherte Ansicht ändern" }
    audit_service_create { en "Create service" de "Service anlegen" }
    audit_service_edit { en "Edit service" de "Service bearbeiten" }
    audit_session_end { en "End session" de "Sitzung beenden" }
    audit_log_in { en "Sign in" de "Anmelden" }
    audit_log_out { en "Sign out" de "Abmelden" }
    audit_session_reload { en "Reload permissions" de "Berechtigungen neu laden" }
    audit_key_rotate { en "Rotate signing key" de "Signaturschlüssel wechseln" }
    audit_change_password { en "Change own password" de "Eigenes Passwort ändern" }
    audit_user_create { en "Create user" de "Benutzer anlegen" }
    audit_user_edit { en "Edit user" de "Benutzer bearbeiten" }
    audit_preferences { en "Change preferences" de "Einstellungen ändern" }
}

/// The name of an action.
pub(crate) fn audit_action_name(action: AuditAction) -> &'static str {
    match action {
        AuditAction::ApiKeyCreate => audit_api_key_create(),
        AuditAction::ApiKeyRevoke => audit_api_key_revoke(),
        AuditAction::BulkCancellationCreate => audit_bulk_create(),
        AuditAction::BulkCancellationExport => audit_bulk_export(),
        AuditAction::BulkCancellationStop => audit_bulk_stop(),
        AuditAction::CancellationExport => audit_cancellation_export(),
        AuditAction::BulkCancellationUndo => audit_bulk_undo(),
        AuditAction::CallbackUndoCancel => audit_callback_undo_cancel(),
        AuditAction::CallbackCancel => audit_callback_cancel(),
        AuditAction::CallbackClose => audit_callback_close(),
        AuditAction::CallbackCreate => audit_callback_create(),
        AuditAction::CallbackExport => audit_callback_export(),
        AuditAction::CallbackPutNameRecording => audit_put_name(),
        AuditAction::CallbackRecreate => audit_callback_recreate(),
        AuditAction::CallbackRemoveNameRecording => audit_remove_name(),
        AuditAction::CallbackRequeue => audit_callback_requeue(),
        AuditAction::CallbackFollowClocks => audit_callback_follow_clocks(),
        AuditAction::CallbackReschedule => audit_callback_reschedule(),
        AuditAction::RequestAuthorize => audit_authorize(),
        AuditAction::SavedViewCreate => audit_view_create(),
        AuditAction::SavedViewDelete => audit_view_delete(),
        AuditAction::SavedViewEdit => audit_view_edit(),
        AuditAction::ServiceCreate => audit_service_create(),
        AuditAction::ServiceEdit => audit_service_edit(),
        AuditAction::SessionEnd => audit_session_end(),
        AuditAction::SessionLogIn => audit_log_in(),
        AuditAction::SessionLogOut => audit_log_out(),
        AuditAction::SessionReload => audit_session_reload(),
        AuditAction::SigningKeyRotate => audit_key_rotate(),
        AuditAction::UserChangePassword => audit_change_password(),
        AuditAction::UserCreate => audit_user_create(),
        AuditAction::UserEdit => audit_user_edit(),
        AuditAction::UserReplacePreferences => audit_preferences(),
    }
}
