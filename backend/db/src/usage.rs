//! Usage events, prices and rating.
