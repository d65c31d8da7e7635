//! Tenants, people, memberships, sessions.
