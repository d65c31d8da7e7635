//! Whole conversations against the core, without a socket and without a sleep.

#[cfg(test)]
mod approvals;
#[cfg(test)]
mod caller;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod clarifications;
#[cfg(test)]
mod cold_transfers;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod endings;
#[cfg(test)]
mod fold;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod model;
#[cfg(test)]
mod random;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod supervision;
#[cfg(test)]
mod takeovers;
#[cfg(test)]
mod transfers;
#[cfg(test)]
mod voice;
