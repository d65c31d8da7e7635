//! What makes a company's data its own: the audit log, copies, erasure, the operator's hand, the wall to its
//! neighbours.

mod audited;
mod canaries;
mod closing;
mod copies;
mod existence;
mod log_fields;
mod operator;
mod privacy;
mod tree;

use phony_db::Db;
use phony_journeys::Product;

/// The database as the worker signs in.
fn worker_db(product: &Product) -> Db {
    Db::connect_lazy(&product.database.worker_url, 4).unwrap()
}
