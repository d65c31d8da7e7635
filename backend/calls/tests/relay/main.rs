//! Calls over sockets in memory, a model over HTTP on loopback, and a real Redis.

#[cfg(test)]
mod drains;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod instances;
#[cfg(test)]
mod joins;
#[cfg(test)]
mod losses;
#[cfg(test)]
mod model_server;
#[cfg(test)]
mod recalls;
#[cfg(test)]
mod redis_away;
#[cfg(test)]
mod talks;
