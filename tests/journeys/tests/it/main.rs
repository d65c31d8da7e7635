//! Journeys over the whole product.

mod calls;
mod supervision;
