//! The call as a pure state machine
