//! Speech to speech: journeys over a real socket. Every event that comes fits the published schema.

mod faults;
mod functions;
mod ours;
mod peer;
mod protocol;
mod replies;
mod talk;
