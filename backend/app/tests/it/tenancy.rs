//! The wall between tenants: the catalogue, every table with every verb, cancelled transactions.
