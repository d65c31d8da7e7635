//! Calls of turns: webhooks in, answers out, a model over HTTP on loopback, and a real Redis.

#[cfg(test)]
mod comeback;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod instances;
#[cfg(test)]
mod model_fails;
#[cfg(test)]
#[path = "../relay/model_server.rs"]
mod model_server;
#[cfg(test)]
mod supervisor;
#[cfg(test)]
mod turns;
