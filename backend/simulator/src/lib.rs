//! A carrier and model providers that speak the real protocols
