//! Supervision: tickets, live events and acts on calls.
