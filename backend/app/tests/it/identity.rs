//! Sign-up, sign-in, sessions and API keys against a real database.

mod addresses;
mod keys;
mod once;
mod people;
mod resets;
mod sessions;
mod signing_in;
