//! Every text of the page, as functions that the compiler checks. The build makes
//! them from `languages/en.toml`; the other languages stand beside it.

use std::fmt::Display;

use ringback_domain::Role;
use ringback_domain::wire::audit::AuditAction;
use ringback_domain::wire::reference::NumberKind;

use crate::language;

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// Puts the values where the text has their numbers.
fn fill(text: &str, values: &[&dyn Display]) -> String {
    use std::fmt::Write;
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (number, after) = after.split_once('}').unwrap_or((after, ""));
        if let Some(value) = number.parse().ok().and_then(|number: usize| values.get(number)) {
            // Writing to a string cannot fail.
            let _ = write!(filled, "{value}");
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The name of a role.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Administrator => role_administrator(),
        Role::Supervisor => role_supervisor(),
        Role::Monitor => role_monitor(),
        Role::Developer => role_developer(),
    }
}

/// What kind of number it is.
pub(crate) fn number_kind_name(kind: NumberKind) -> &'static str {
    match kind {
        NumberKind::FixedLine => kind_fixed(),
        NumberKind::Mobile => kind_mobile(),
        NumberKind::FixedLineOrMobile => kind_fixed_or_mobile(),
        NumberKind::TollFree => kind_toll_free(),
        NumberKind::PremiumRate => kind_premium(),
        NumberKind::Other => kind_other(),
    }
}

/// The name of an action.
pub(crate) fn audit_action_name(action: AuditAction) -> &'static str {
    match action {
        AuditAction::ApiKeyCreate => audit_api_key_create(),
        AuditAction::ApiKeyRevoke => audit_api_key_revoke(),
        AuditAction::BulkCancellationCreate => audit_bulk_create(),
        AuditAction::BulkCancellationExport => audit_bulk_export(),
        AuditAction::BulkCancellationStop => audit_bulk_stop(),
        AuditAction::BulkRescheduleCreate => audit_bulk_reschedule_create(),
        AuditAction::BulkRescheduleStop => audit_bulk_reschedule_stop(),
        AuditAction::BulkRescheduleUndo => audit_bulk_reschedule_undo(),
        AuditAction::CancellationExport => audit_cancellation_export(),
        AuditAction::BulkCancellationUndo => audit_bulk_undo(),
        AuditAction::CalendarCreate => audit_calendar_create(),
        AuditAction::CalendarDelete => audit_calendar_delete(),
        AuditAction::CalendarEdit => audit_calendar_edit(),
        AuditAction::CalendarImport => audit_calendar_import(),
        AuditAction::CapacityRuleCreate => audit_capacity_rule_create(),
        AuditAction::CapacityRuleDelete => audit_capacity_rule_delete(),
        AuditAction::CapacityRuleEdit => audit_capacity_rule_edit(),
        AuditAction::ConfigurationApply => audit_configuration_apply(),
        AuditAction::DoNotCallAdd => audit_do_not_call_add(),
        AuditAction::DoNotCallExport => audit_do_not_call_export(),
        AuditAction::DoNotCallImport => audit_do_not_call_import(),
        AuditAction::DoNotCallRemove => audit_do_not_call_remove(),
        AuditAction::NumberRuleCreate => audit_number_rule_create(),
        AuditAction::NumberRuleDelete => audit_number_rule_delete(),
        AuditAction::NumberRuleEdit => audit_number_rule_edit(),
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
        AuditAction::ServiceExtendHold => audit_service_extend_hold(),
        AuditAction::ServiceHold => audit_service_hold(),
        AuditAction::ServiceReleaseHold => audit_service_release_hold(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_the_text_has_their_numbers() {
        assert_eq!(fill("{1} of {0}, {1}", &[&1, &"x"]), "x of 1, x");
    }

    #[test]
    fn a_plural_takes_the_form_of_its_count() {
        assert_eq!([0, 1, 1_284].map(days), ["0 days", "1 day", "1,284 days"]);
    }
}
