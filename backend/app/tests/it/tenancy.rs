//! The wall between tenants: the catalogue, the gate, every table with every verb.

mod gate;
mod lint;
mod migrations;
mod tables;
