//! Pages fetch and decide; what they show is made of components.

pub(crate) mod audit;
pub(crate) mod callbacks;
mod collection;
pub(crate) mod hours;
pub(crate) mod integrations;
pub(crate) mod login;
pub(crate) mod not_found;
pub(crate) mod numbers;
pub(crate) mod record;
pub(crate) mod saved_view;
pub(crate) mod search;
pub(crate) mod services;
mod unsaved;
pub(crate) mod users;
