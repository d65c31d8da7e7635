//! Sign-up, sign-in, sessions and API keys against a real database.
