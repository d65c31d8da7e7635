//! HTTP and WebSocket surface
