//! The OpenAPI document: collected from the handlers, finished here.

mod shapes;

use std::collections::BTreeMap;

use phony_kernel::Permission;
use serde_json::json;
use utoipa::openapi::extensions::{Extensions, ExtensionsBuilder};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi as _, PartialSchema as _, ToSchema as _};

use crate::problem::{MEDIA_TYPE, Problem, ProblemField};

/// What the document says before any operation.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Phony",
        description = "Voice AI phone agents: numbers, personalities, live calls, supervision, usage.\n\n\
            Errors are `application/problem+json` with a stable `code`. Lists are paged by `limit` and `cursor`. \
            Times are RFC 3339 in UTC, money is exact decimal text. Send `Authorization: Bearer` with an access token \
            or an API key.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This installation")),
    components(schemas(Problem, ProblemField)),
    tags(
        (name = "Identity", description = "Sign-up, sign-in, who am I"),
        (name = "People", description = "Members and invitations"),
        (name = "Single sign-on", description = "A company's own provider of identities"),
        (name = "Providers", description = "A company's own keys at providers of models"),
        (name = "API keys", description = "Credentials for programs"),
        (name = "Numbers", description = "Phone numbers"),
        (name = "Contacts", description = "Whom the company knows"),
        (name = "Personalities", description = "Who talks"),
        (name = "Calls", description = "History, live calls, transcripts"),
        (name = "Supervision", description = "Watching calls and stepping in"),
        (name = "Billing", description = "Usage, prices, exports"),
        (name = "Trust", description = "Audit log, copies of data, erasure"),
        (name = "Operation", description = "For load balancers")
    )
)]
struct Head;

/// The head of the document, for the routes to be added to.
#[must_use]
pub fn head() -> OpenApi {
    let mut document = Head::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document
}

/// Adds what every operation has: its credentials, its key scope, its problem answers.
pub struct Finish;

impl Modify for Finish {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        components
            .schemas
            .insert(Problem::name().into_owned(), Problem::schema());
        components
            .schemas
            .insert(ProblemField::name().into_owned(), ProblemField::schema());
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An access token, or an API key (`ph_live_…`)"))
            .build();
        components
            .security_schemes
            .insert("bearer".to_owned(), SecurityScheme::Http(bearer).into());
        let header = ApiKeyValue::with_description("X-API-Key", "An API key");
        components.security_schemes.insert(
            "api_key".to_owned(),
            SecurityScheme::ApiKey(ApiKey::Header(header)).into(),
        );
        document.extensions.get_or_insert_default().merge(matrix());
        for item in document.paths.paths.values_mut() {
            let operations = [
                &mut item.get,
                &mut item.post,
                &mut item.put,
                &mut item.patch,
                &mut item.delete,
            ];
            for operation in operations.into_iter().flatten() {
                finish_operation(operation);
            }
        }
    }
}

/// The whole matrix: permissions that no operation asks for by itself are in it too.
fn matrix() -> Extensions {
    let rows = Permission::ALL.iter().map(|permission| {
        let rule = permission.rule();
        let roles: Vec<&str> = rule.roles.iter().map(|role| role.as_str()).collect();
        (rule.name, roles)
    });
    let rows: BTreeMap<_, _> = rows.collect();
    ExtensionsBuilder::new().add("x-permissions", json!(rows)).build()
}

/// The permission that an operation names in its security entry, if it names one.
fn permission_of(operation: &utoipa::openapi::path::Operation) -> Option<Permission> {
    let security = serde_json::to_value(operation.security.as_ref()?).ok()?;
    let name = security.get(0)?.get("bearer")?.get(0)?.as_str()?.to_owned();
    Permission::from_name(&name)
}

fn finish_operation(operation: &mut utoipa::openapi::path::Operation) {
    if let Some(permission) = permission_of(operation) {
        let rule = permission.rule();
        let roles: Vec<&str> = rule.roles.iter().map(|role| role.as_str()).collect();
        let scope = rule.key_scope.map(|scope| scope.as_str());
        let extensions = ExtensionsBuilder::new()
            .add("x-permission", rule.name)
            .add("x-roles", roles)
            .add("x-key-scope", scope)
            .add("x-fresh-sign-in", rule.fresh_sign_in)
            .build();
        operation.extensions.get_or_insert_default().merge(extensions);
    }
    let problem = ResponseBuilder::new()
        .description("A problem, in the one form that all errors have")
        .content(
            MEDIA_TYPE,
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build(),
        )
        .build();
    operation
        .responses
        .responses
        .entry("default".to_owned())
        .or_insert_with(|| problem.into());
}

/// Adds what only the whole document can be given: see [`shapes`].
pub(crate) fn complete(document: &mut serde_json::Value) {
    shapes::complete(document);
}
