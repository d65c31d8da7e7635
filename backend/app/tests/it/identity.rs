//! Sign-up, sign-in, sessions and API keys against a real database.

mod keys;
mod once;
mod sessions;
mod signing_in;
