//! Calls: admission, the plan, carrier callbacks, history.
