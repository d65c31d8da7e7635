//! Journeys over the whole product.

mod calls;
mod operations;
mod supervision;
mod surface;
