//! Exports: a job that writes a file, and its download.
