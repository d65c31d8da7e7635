//! Work to do after the transaction.
