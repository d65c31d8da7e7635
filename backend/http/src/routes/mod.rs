//! The `/v1` operations, one file per resource. Handlers are thin: extract, call one use case, convert.

pub mod actions;
pub mod audit_log;
pub mod auth;
pub mod by_mail;
pub mod calls;
pub mod catalogue;
pub mod chat;
pub mod consents;
pub mod contacts;
pub mod do_not_call;
pub mod events;
pub mod exports;
pub mod invitations;
pub mod items;
pub mod keys;
pub mod me;
pub mod members;
pub mod national_lists;
pub mod numbers;
pub mod outbound;
pub mod personalities;
pub mod plans;
pub mod pools;
pub mod privacy;
pub mod provider_credentials;
pub mod recordings;
pub mod sessions;
pub mod sso;
pub mod tenant;
pub mod tickets;
pub mod totp;
pub mod usage;
pub mod web_calls;

use phony_kernel::page::Page;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The objects, newest first unless said otherwise.
    pub data: Vec<T>,
    /// Whether more follow.
    pub has_more: bool,
    /// Where the next page begins, to be sent as `cursor`.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// Makes a list of a page.
    pub fn from_page<U: Into<T>>(page: Page<U>) -> Self {
        let page = page.map(Into::into);
        Self {
            has_more: page.next_cursor.is_some(),
            next_cursor: page.next_cursor,
            data: page.data,
        }
    }

    /// A list that is always whole.
    pub fn whole(data: Vec<T>) -> Self {
        Self {
            data,
            has_more: false,
            next_cursor: None,
        }
    }
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Objects on a page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Money, exact.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MoneyView {
    /// Decimal, never rounded.
    #[schema(example = "0.017")]
    pub amount: String,
    /// ISO 4217.
    #[schema(example = "USD")]
    pub currency: String,
}
