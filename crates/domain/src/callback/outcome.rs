//! How a callback ended, and how a dial attempt ended.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::UnknownName;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every code that takes no number.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code's stable text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownName)
            }
        }
    };
}

codes! {
    /// The named results of a finished callback.
    NamedResult {
        /// The interaction reached the agent.
        AgentConnected = "AGENT_CONNECTED",
        /// Cancelled by a person in the Callback UI.
        CancelledByAdmin = "CANCELLED_BY_ADMIN",
        /// Cancelled by a request of a machine.
        Cancelled = "CANCELLED",
        /// Cancelled by the customer.
        CancelledByUser = "CANCELLED_BY_USER",
        /// Ended with no stated reason.
        NotAvailable = "NOT_AVAILABLE",
        /// The interaction vanished before it was routed to the agent.
        InteractionDeleted = "FAIL_INTERACTION_DELETED",
        /// The requested target could not be reserved.
        TargetNotFound = "FAIL_TARGET_NOT_FOUND",
        /// Unknown failure.
        Error = "FAIL_ERROR",
        /// Not handled within its time to live.
        TimeoutTtl = "FAIL_TIMEOUT_TTL",
        /// The media type is not supported: voice is the only one.
        UnknownMediaType = "FAIL_IXN_UNKNOWN_MEDIA_TYPE",
        /// There was no customer number.
        NoCustomerNumber = "FAIL_NO_CUSTOMER_NUMBER",
        /// The customer did not confirm.
        UserNoConfirm = "FAIL_USER_NO_CONFIRM",
        /// It could not be queued.
        Queueing = "FAIL_QUEUEING",
        /// It could not be connected to the agent.
        AgentConnect = "FAIL_AGENT_CONNECT",
        /// The customer could not be connected.
        CallToCustomer = "FAIL_CALL_TO_CUSTOMER",
        /// A prompt or strings resource was missing.
        LoadMessageFile = "FAIL_LOAD_MESSAGE_FILE",
        /// The number was blocked when it was to be dialled.
        NumberBlocked = "FAIL_NUMBER_BLOCKED",
        /// The service was closed.
        BusinessClosed = "FAIL_BUSINESS_CLOSED",
        /// The desired time passed too long ago.
        MissedWindow = "FAIL_MISSED_WINDOW",
    }
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
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(code) = text.parse() {
            return Ok(Self::Named(code));
        }
        let times = text
            .strip_prefix(Self::PREVIEW.0)
            .and_then(|rest| rest.strip_suffix(Self::PREVIEW.1))
            .and_then(|times| times.parse().ok());
        times.map(Self::PreviewRejected).ok_or(UnknownName)
    }
}

codes! {
    /// How one dial attempt ended.
    DialResult {
        /// The call could not be made.
        CreateCallError = "CREATE_CALL_ERROR",
        /// The customer's line was busy.
        Busy = "BUSY",
        /// Nobody answered.
        NoAnswer = "NO_ANSWER",
        /// A machine answered.
        AnsweringMachine = "ANSWERING_MACHINE",
        /// The network answered with a tone.
        ErrorTone = "ERROR_TONE",
        /// A fax answered.
        Fax = "FAX",
        /// A person answered, but the agent did not get the call.
        Person = "PERSON",
        /// The call reached the agent.
        Connected = "CONNECTED",
        /// Anything else.
        Unknown = "UNKNOWN",
    }
}

macro_rules! serde_as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::custom(concat!("not a known ", stringify!($name))))
            }
        }
    )*};
}

serde_as_text!(ResultCode, DialResult);

impl utoipa::PartialSchema for DialResult {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

impl ToSchema for DialResult {}

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
        assert_eq!("AGENT_PREVIEW_CANCEL_AFTER_x_REJECTS".parse::<ResultCode>(), Err(UnknownName));
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
