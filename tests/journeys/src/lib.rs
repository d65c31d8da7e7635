//! Journeys over the whole product
