//! Jobs, schedules and exports
