//! What was used, what it costs, and the price list.
