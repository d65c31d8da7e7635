//! The company's own keys at providers of models. They go in and are used; nothing gives them out.

use actix_web::{HttpResponse, delete, get, post, put, web};
use phony_app::App;
use phony_app::provider_credentials::{ModelProvider, ProviderCredential};
use phony_kernel::{Error, Result};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as WordError, StrDeserializer};
use utoipa::ToSchema;

use super::List;
use crate::auth::{Allow, ProviderCredentialRead, ProviderCredentialWrite};
use crate::extract::Body;
use crate::problem::ApiResult;

/// A key at a provider.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutProviderCredentialRequest {
    /// The key. No answer ever shows it.
    #[schema(min_length = 1, max_length = 500, format = Password)]
    pub api_key: String,
    /// Where the provider is, if it is a server of your own that speaks as OpenAI's does; with `/v1`.
    #[serde(default)]
    #[schema(max_length = 500, example = "https://models.example.com/v1")]
    pub base_url: Option<String>,
}

/// An unknown provider is one that is not there.
fn provider(text: &str) -> Result<ModelProvider> {
    let word: StrDeserializer<'_, WordError> = text.into_deserializer();
    ModelProvider::deserialize(word).map_err(|_| Error::not_found())
}

/// The providers that the company has a key of its own for.
#[utoipa::path(operation_id = "list_provider_credentials", tag = "Providers",
    security(("bearer" = ["provider_credential.read"])), responses((status = 200, body = List<ProviderCredential>)))]
#[get("/provider_credentials")]
pub async fn list(
    allow: Allow<ProviderCredentialRead>,
    app: web::Data<App>,
) -> ApiResult<web::Json<List<ProviderCredential>>> {
    let all = app.provider_credentials.list(&allow.who).await?;
    Ok(web::Json(List::whole(all)))
}

/// Set the company's own key at a provider. Calls that begin from now on use it.
#[utoipa::path(operation_id = "put_provider_credential", tag = "Providers", request_body = PutProviderCredentialRequest,
    params(("provider" = ModelProvider, Path)), security(("bearer" = ["provider_credential.write"])),
    responses((status = 200, body = ProviderCredential)))]
#[put("/provider_credentials/{provider}")]
pub async fn put(
    allow: Allow<ProviderCredentialWrite>,
    app: web::Data<App>,
    name: web::Path<String>,
    body: Body<PutProviderCredentialRequest>,
) -> ApiResult<web::Json<ProviderCredential>> {
    let provider = provider(&name)?;
    let PutProviderCredentialRequest { api_key, base_url } = body.0;
    let api_key = SecretString::from(api_key);
    let put = app
        .provider_credentials
        .put(&allow.who, provider, &api_key, base_url.as_deref());
    Ok(web::Json(put.await?))
}

/// Take the key away. Calls that begin from now on use the installation's.
#[utoipa::path(operation_id = "delete_provider_credential", tag = "Providers",
    params(("provider" = ModelProvider, Path)), security(("bearer" = ["provider_credential.write"])),
    responses((status = 204)))]
#[delete("/provider_credentials/{provider}")]
pub async fn remove(
    allow: Allow<ProviderCredentialWrite>,
    app: web::Data<App>,
    name: web::Path<String>,
) -> ApiResult<HttpResponse> {
    app.provider_credentials
        .delete(&allow.who, provider(&name)?)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Try the key with the provider, by a question that costs nothing.
#[utoipa::path(operation_id = "check_provider_credential", tag = "Providers",
    params(("provider" = ModelProvider, Path)), security(("bearer" = ["provider_credential.write"])),
    responses((status = 200, body = ProviderCredential)))]
#[post("/provider_credentials/{provider}/check")]
pub async fn check(
    allow: Allow<ProviderCredentialWrite>,
    app: web::Data<App>,
    name: web::Path<String>,
) -> ApiResult<web::Json<ProviderCredential>> {
    let checked = app
        .provider_credentials
        .check(&allow.who, provider(&name)?)
        .await?;
    Ok(web::Json(checked))
}
