//! What a company may have and how often it may ask: rates, keys, plans, test calls, and the edges of the surface.

mod edges;
mod keys;
mod own_voices;
mod plans;
mod rates;
mod schemathesis;
mod test_calls;
mod timings;
