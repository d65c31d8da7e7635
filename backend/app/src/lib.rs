//! Use cases by area
