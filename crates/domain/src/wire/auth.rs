//! Logging in, and who the caller is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{ApiScope, Permission, Role};
use crate::callback::state::StateName;
use crate::id::{ServiceId, SessionId, UserId};
use crate::time::Timestamp;
use crate::time_of_day::TimeOfDay;

/// A person's credentials.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// User name, upper or lower case.
    #[schema(example = "supervisor")]
    pub username: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for LogIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogIn").field("username", &self.username).finish_non_exhaustive()
    }
}

/// The answer to a log-in or a refresh; the refresh token is in a cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Sent as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Seconds until the access token has to be refreshed.
    pub expires_in_seconds: u32,
    /// Seconds until the session ends and the person has to log in again.
    pub session_ends_in_seconds: u32,
    /// Who logged in.
    pub user: UserRef,
}

/// A person, by what the browser shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserRef {
    /// Identifier.
    pub id: UserId,
    /// User name.
    pub username: String,
    /// Name shown to people.
    pub display_name: String,
}

/// A person's new password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now.
    pub current_password: String,
    /// Password of 8 to 256 characters, neither the user name nor a common one.
    #[schema(min_length = 8, max_length = 256)]
    pub new_password: String,
}

/// Without the passwords.
impl std::fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangePassword").finish_non_exhaustive()
    }
}

/// A place where a person is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Identifier.
    pub id: SessionId,
    /// When the person logged in.
    pub created_at: Timestamp,
    /// When the session was refreshed last, which an open page does every few minutes.
    pub last_used_at: Timestamp,
    /// The network address as of then.
    #[schema(example = "192.0.2.7")]
    pub address: String,
    /// What logged in, by its name and system if they are known.
    #[schema(example = "Firefox, Linux")]
    pub client: String,
    /// It is the session of this request.
    pub current: bool,
}

/// Who the caller is and what the caller may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The person; null for an API key.
    pub user: Option<UserRef>,
    /// The key's name; null for a person.
    pub api_key: Option<String>,
    /// The person's roles.
    pub roles: Vec<Role>,
    /// The key's scopes.
    pub scopes: Vec<ApiScope>,
    /// What the caller may do.
    pub permissions: Vec<Permission>,
    /// The services that the caller may see: for a person as of log-in.
    pub services: Vec<VisibleService>,
    /// A new log-in would give other services, and so would reloading them.
    pub services_changed: bool,
    /// A simulator plays agents and customers: nobody is really called.
    pub simulation: bool,
}

/// A service that a caller may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VisibleService {
    /// Identifier.
    pub id: ServiceId,
    /// The virtual queue's name.
    #[schema(example = "Billing EN")]
    pub name: String,
    /// IANA zone of the service's wall clock.
    #[schema(example = "Europe/London")]
    pub time_zone: String,
}

/// How the Callback UI is to look for one person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Preferences {
    /// Shown columns in order; null for the default set.
    pub columns: Option<Vec<String>>,
    /// Times in 24-hour form, or else with AM and PM; null for the custom of the
    /// language and the country.
    pub time_24h: Option<bool>,
    /// Widths of columns in pixels, by column, where the person chose them.
    pub column_widths: BTreeMap<String, u16>,
    /// Rows are less high.
    pub compact_rows: bool,
    /// Times in UTC, otherwise local.
    pub utc: bool,
    /// Date ranges of the person's own.
    pub custom_ranges: Vec<CustomRange>,
    /// Hours of every day that the person made a range of.
    pub daily_ranges: Vec<DailyRange>,
    /// Shown states; null for all.
    pub visible_states: Option<Vec<StateName>>,
    /// Shown services; null for all, also those granted later.
    pub visible_services: Option<Vec<ServiceId>>,
    /// The date range in use last.
    pub last_range: Option<String>,
    /// Colours; null follows the system.
    pub theme: Option<Theme>,
    /// All metrics are shown in an expanded row.
    pub advanced_metrics: bool,
    /// BCP 47 tag of the language; null for what the browser asks for.
    #[schema(max_length = 35)]
    pub language: Option<String>,
    /// Single keys do nothing.
    pub shortcuts_off: bool,
}

/// A named date range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomRange {
    /// Shown in the date-range drop-down.
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// From this moment on.
    pub from: Timestamp,
    /// Before this moment.
    pub to: Timestamp,
}

/// Named hours of every day, in the zone that times are shown in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DailyRange {
    /// Shown in the date-range drop-down.
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// From this time of the day on.
    pub from: TimeOfDay,
    /// Before this time of the day; over midnight where it is earlier than
    /// `from`.
    pub to: TimeOfDay,
}

/// Colours of the Callback UI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}
