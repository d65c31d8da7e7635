//! People, sign-in, sessions and API keys.
