//! Where files are kept, by address: recordings and exports.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use phony_kernel::{Error, Result};
use url::Url;

/// Opens the file store at an address: `file:./recordings`, whose folder is made when it is missing, or
/// `s3://bucket/prefix`, which signs in and finds its server by the usual `AWS_…` variables (`AWS_ENDPOINT` for
/// servers other than Amazon's).
///
/// # Errors
/// An address of another kind, a folder that cannot be made, a bucket without a name.
pub fn open_store(address: &str) -> Result<Arc<dyn ObjectStore>> {
    if let Some(folder) = address.strip_prefix("file:") {
        return open_folder(folder.strip_prefix("//").unwrap_or(folder));
    }
    if address.starts_with("s3://") {
        return open_bucket(address, AmazonS3Builder::from_env());
    }
    Err(Error::internal(anyhow::anyhow!(
        "a file store begins with file: or s3://"
    )))
}

fn open_folder(folder: &str) -> Result<Arc<dyn ObjectStore>> {
    std::fs::create_dir_all(folder).map_err(Error::internal)?;
    let store = LocalFileSystem::new_with_prefix(folder).map_err(Error::internal)?;
    Ok(Arc::new(store.with_automatic_cleanup(true)))
}

fn open_bucket(address: &str, builder: AmazonS3Builder) -> Result<Arc<dyn ObjectStore>> {
    let url = Url::parse(address).map_err(Error::internal)?;
    let bucket = url
        .host_str()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Error::internal(anyhow::anyhow!("the address of a bucket has no name")))?;
    let store = builder
        .with_bucket_name(bucket)
        .build()
        .map_err(Error::internal)?;
    let prefix = Path::from(url.path().trim_matches('/'));
    if prefix.as_ref().is_empty() {
        return Ok(Arc::new(store));
    }
    Ok(Arc::new(PrefixStore::new(store, prefix)))
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt as _;
    use wiremock::matchers::{header, header_exists, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    #[tokio::test]
    async fn a_folder_is_made_and_keeps_files() {
        let place = std::env::temp_dir().join(format!("phony-store-{}", uuid::Uuid::now_v7()));
        let store = open_store(&format!("file:{}", place.display())).unwrap();
        let key = Path::from("a/b.wav");
        store.put(&key, "sound".into()).await.unwrap();
        assert_eq!(store.get_range(&key, 1..3).await.unwrap(), "ou");
        store.delete(&key).await.unwrap();
        std::fs::remove_dir_all(place).unwrap();
    }

    #[tokio::test]
    async fn a_bucket_is_written_and_read_in_part_under_its_prefix() {
        let server = MockServer::start().await;
        let object = "/voices/prod/a/b.wav";
        Mock::given(method("PUT"))
            .and(path(object))
            .and(header_exists("authorization"))
            .respond_with(ResponseTemplate::new(200).insert_header("etag", "\"1\""))
            .expect(1)
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .and(path(object))
            .and(header("range", "bytes=1-2"))
            .respond_with(
                ResponseTemplate::new(206)
                    .insert_header("content-range", "bytes 1-2/5")
                    .insert_header("last-modified", "Sat, 21 Nov 2026 09:15:02 GMT")
                    .insert_header("etag", "\"1\"")
                    .set_body_string("ou"),
            )
            .expect(1)
            .mount(&server)
            .await;
        let builder = AmazonS3Builder::new()
            .with_endpoint(server.uri())
            .with_allow_http(true)
            .with_region("us-east-1")
            .with_access_key_id("key")
            .with_secret_access_key("secret");
        let store = open_bucket("s3://voices/prod", builder).unwrap();
        let key = Path::from("a/b.wav");
        store.put(&key, "sound".into()).await.unwrap();
        assert_eq!(store.get_range(&key, 1..3).await.unwrap(), "ou");
    }

    #[test]
    fn anything_else_is_refused() {
        for address in ["", "ftp://x", "s3://", "/var/lib"] {
            assert!(open_store(address).is_err(), "{address}");
        }
    }
}
