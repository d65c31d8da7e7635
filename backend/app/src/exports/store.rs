//! Where files are kept, by address.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use phony_kernel::{Error, Result};

/// Opens the file store at an address like `file:./recordings`; a missing folder is made.
///
/// # Errors
/// An address of a kind that this build does not know, or a folder that cannot be made.
pub fn open_store(address: &str) -> Result<Arc<dyn ObjectStore>> {
    let Some(folder) = address.strip_prefix("file:") else {
        return Err(Error::internal(anyhow::anyhow!(
            "a file store begins with file: in this build"
        )));
    };
    let folder = folder.strip_prefix("//").unwrap_or(folder);
    std::fs::create_dir_all(folder).map_err(Error::internal)?;
    let store = LocalFileSystem::new_with_prefix(folder).map_err(Error::internal)?;
    Ok(Arc::new(store.with_automatic_cleanup(true)))
}
