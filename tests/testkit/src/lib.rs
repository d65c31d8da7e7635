//! The whole product on free ports, for tests
