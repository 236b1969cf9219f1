//! Typed identifiers. Each wraps a UUIDv7, so that ids sort by creation; secrets are random.

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[schema(value_type = uuid::Uuid, example = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2")]
        pub struct $name(pub uuid::Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

id! {
    /// A callback record.
    CallbackId,
    /// A service, that is a virtual queue.
    ServiceId,
    /// One reservation of a callback for an agent, and the dial that follows.
    AttemptId,
    /// A person who logs in.
    UserId,
    /// A log-in session with all the refresh tokens that descend from it.
    SessionId,
    /// A key by which a machine calls the API.
    ApiKeyId,
    /// Work that goes on after its request was answered.
    JobId,
    /// A view of the list that somebody named.
    SavedViewId,
    /// A calendar of office hours.
    CalendarId,
    /// A capacity rule.
    CapacityRuleId,
    /// A number rule.
    NumberRuleId,
    /// An entry of the do-not-call list.
    DoNotCallId,
    /// The secret of a place that is held: 128 random bits.
    HoldToken,
}
