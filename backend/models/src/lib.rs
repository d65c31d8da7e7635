//! Model providers: streaming chat clients
