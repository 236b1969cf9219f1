//! How a callback ended.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, ParseError, VariantArray};
use utoipa::ToSchema;

use crate::dial::DialResult;

/// The named results of a finished callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum NamedResult {
    /// The interaction reached the agent.
    AgentConnected,
    /// Cancelled by a person in the Callback UI.
    CancelledByAdmin,
    /// Cancelled by a request of a machine.
    Cancelled,
    /// Cancelled by the customer.
    CancelledByUser,
    /// Ended with no stated reason.
    NotAvailable,
    /// The interaction vanished before it was routed to the agent.
    #[strum(serialize = "FAIL_INTERACTION_DELETED")]
    InteractionDeleted,
    /// The requested target could not be reserved.
    #[strum(serialize = "FAIL_TARGET_NOT_FOUND")]
    TargetNotFound,
    /// Unknown failure.
    #[strum(serialize = "FAIL_ERROR")]
    Error,
    /// Not handled within its time to live.
    #[strum(serialize = "FAIL_TIMEOUT_TTL")]
    TimeoutTtl,
    /// The media type is not supported: voice is the only one.
    #[strum(serialize = "FAIL_IXN_UNKNOWN_MEDIA_TYPE")]
    UnknownMediaType,
    /// There was no customer number.
    #[strum(serialize = "FAIL_NO_CUSTOMER_NUMBER")]
    NoCustomerNumber,
    /// The customer did not confirm.
    #[strum(serialize = "FAIL_USER_NO_CONFIRM")]
    UserNoConfirm,
    /// It could not be queued.
    #[strum(serialize = "FAIL_QUEUEING")]
    Queueing,
    /// It could not be connected to the agent.
    #[strum(serialize = "FAIL_AGENT_CONNECT")]
    AgentConnect,
    /// The customer could not be connected.
    #[strum(serialize = "FAIL_CALL_TO_CUSTOMER")]
    CallToCustomer,
    /// A prompt or strings resource was missing.
    #[strum(serialize = "FAIL_LOAD_MESSAGE_FILE")]
    LoadMessageFile,
    /// The number was blocked when it was to be dialled.
    #[strum(serialize = "FAIL_NUMBER_BLOCKED")]
    NumberBlocked,
    /// The service was closed.
    #[strum(serialize = "FAIL_BUSINESS_CLOSED")]
    BusinessClosed,
    /// The desired time passed too long ago.
    #[strum(serialize = "FAIL_MISSED_WINDOW")]
    MissedWindow,
}

/// The result of a COMPLETED callback, shown beside the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResultCode {
    /// One of the named results.
    Named(NamedResult),
    /// Agents rejected the preview this many times.
    PreviewRejected(u32),
}

/// The named results read as results.
impl ResultCode {
    /// The interaction reached the agent: success.
    pub const AGENT_CONNECTED: Self = Self::Named(NamedResult::AgentConnected);
    /// Cancelled by a person in the Callback UI.
    pub const CANCELLED_BY_ADMIN: Self = Self::Named(NamedResult::CancelledByAdmin);
    /// Cancelled by a request of a machine.
    pub const CANCELLED: Self = Self::Named(NamedResult::Cancelled);
    /// The customer did not confirm.
    pub const FAIL_USER_NO_CONFIRM: Self = Self::Named(NamedResult::UserNoConfirm);
    /// The number is not to be called.
    pub const FAIL_NUMBER_BLOCKED: Self = Self::Named(NamedResult::NumberBlocked);
    /// The service was closed when it was due.
    pub const FAIL_BUSINESS_CLOSED: Self = Self::Named(NamedResult::BusinessClosed);
    /// The desired time passed too long ago.
    pub const FAIL_MISSED_WINDOW: Self = Self::Named(NamedResult::MissedWindow);
    /// The customer could not be connected.
    pub const FAIL_CALL_TO_CUSTOMER: Self = Self::Named(NamedResult::CallToCustomer);
    /// Not handled while the record was kept.
    pub const FAIL_TIMEOUT_TTL: Self = Self::Named(NamedResult::TimeoutTtl);

    const PREVIEW: (&'static str, &'static str) = ("AGENT_PREVIEW_CANCEL_AFTER_", "_REJECTS");

    /// The code as text.
    pub fn as_str(self) -> Cow<'static, str> {
        match self {
            Self::Named(code) => Cow::Borrowed(code.as_str()),
            Self::PreviewRejected(times) => {
                Cow::Owned(format!("{}{times}{}", Self::PREVIEW.0, Self::PREVIEW.1))
            }
        }
    }

    /// Success, cancelled or failed, so that new codes break no client.
    pub const fn category(self) -> ResultCategory {
        use NamedResult as N;
        match self {
            Self::Named(N::AgentConnected) => ResultCategory::Success,
            Self::Named(N::CancelledByAdmin | N::Cancelled | N::CancelledByUser) => ResultCategory::Cancelled,
            Self::Named(_) | Self::PreviewRejected(_) => ResultCategory::Failed,
        }
    }
}

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str())
    }
}

impl FromStr for ResultCode {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(code) = text.parse() {
            return Ok(Self::Named(code));
        }
        let times = text
            .strip_prefix(Self::PREVIEW.0)
            .and_then(|rest| rest.strip_suffix(Self::PREVIEW.1))
            .and_then(|times| times.parse().ok());
        times.map(Self::PreviewRejected).ok_or(ParseError::VariantNotFound)
    }
}

impl DialResult {
    /// The result of the callback where this ended the last attempt.
    pub const fn last_result(self) -> ResultCode {
        match self {
            Self::NumberBlocked => ResultCode::FAIL_NUMBER_BLOCKED,
            Self::NoConfirm => ResultCode::FAIL_USER_NO_CONFIRM,
            _ => ResultCode::FAIL_CALL_TO_CUSTOMER,
        }
    }
}

impl Serialize for ResultCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.as_str())
    }
}

impl<'de> Deserialize<'de> for ResultCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("unknown result"))
    }
}

/// Open on purpose: one of the results carries a number, and new ones may come.
impl utoipa::PartialSchema for ResultCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .examples(["AGENT_CONNECTED", "CANCELLED_BY_ADMIN", "FAIL_CALL_TO_CUSTOMER"])
            .into()
    }
}

impl ToSchema for ResultCode {}

/// What kind of ending a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultCategory {
    /// The customer spoke to an agent.
    Success,
    /// Somebody called it off.
    Cancelled,
    /// It could not be done.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_result_reads_back_from_its_text() {
        let named = NamedResult::ALL.iter().copied().map(ResultCode::Named);
        for code in named.chain([ResultCode::PreviewRejected(3)]) {
            assert_eq!(code.as_str().parse(), Ok(code));
        }
        assert_eq!(
            "AGENT_PREVIEW_CANCEL_AFTER_x_REJECTS".parse::<ResultCode>(),
            Err(ParseError::VariantNotFound)
        );
    }

    #[test]
    fn only_reaching_the_agent_is_a_success() {
        let successes: Vec<_> = NamedResult::ALL
            .iter()
            .filter(|code| ResultCode::Named(**code).category() == ResultCategory::Success)
            .collect();
        assert_eq!(successes, [&NamedResult::AgentConnected]);
    }
}
