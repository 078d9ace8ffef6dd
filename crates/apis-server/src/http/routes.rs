//! How a handler becomes a route, and how the OpenAPI document learns of it: both at once.
//!
//! [`Routes::add`] takes the item that `#[utoipa::path]` makes beside a handler (path, method and
//! schemas) and the handler. The handler's first argument, after [`App`] if it takes that, must be
//! a [`Caller`]; there is no other way in, whichever helper is used:
//!
//! ```
//! use apis_server::http::{ApiError, Public, Routes};
//!
//! /// Says hello.
//! #[utoipa::path(get, path = "/hello")]
//! async fn hello(_: Public) -> Result<String, ApiError> {
//!     Ok("hello".to_owned())
//! }
//!
//! let routes = Routes::new().add(__path_hello, hello);
//! let more = Routes::new().merge(routes);
//! ```
//!
//! Without a caller it does not compile:
//!
//! ```compile_fail,E0277
//! use apis_server::http::{ApiError, Public, Routes};
//!
//! /// Says hello.
//! #[utoipa::path(get, path = "/hello")]
//! async fn hello() -> Result<String, ApiError> {
//!     Ok("hello".to_owned())
//! }
//!
//! let routes = Routes::new().add(__path_hello, hello);
//! ```
//!
//! nor with other arguments but none that knows the caller:
//!
//! ```compile_fail,E0277
//! use apis_server::app::App;
//! use apis_server::http::{ApiError, Public, Routes};
//!
//! /// Says hello.
//! #[utoipa::path(get, path = "/hello")]
//! async fn hello(app: App) -> Result<String, ApiError> {
//!     Ok("hello".to_owned())
//! }
//!
//! let routes = Routes::new().add(__path_hello, hello);
//! ```
//!
//! nor as a router or a service made elsewhere:
//!
//! ```compile_fail,E0308
//! use apis_server::app::App;
//! use apis_server::http::{ApiError, Public, Routes};
//!
//! async fn hello() -> &'static str {
//!     "hello"
//! }
//!
//! let elsewhere: axum::Router<App> = axum::Router::new().route("/hello", axum::routing::get(hello));
//! let routes = Routes::new().merge(elsewhere);
//! ```

use axum::handler::Handler;
use axum::routing::{MethodFilter, on};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{
    Components, ContentBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, Ref, RefOr,
    ResponseBuilder, Schema,
};
// The registration of schemas has no public name; `utoipa-axum` uses the same.
use utoipa::__dev::SchemaReferences;

use super::caller::Caller;
use crate::app::App;

/// Arguments of a handler that begin with a caller. Implemented for axum's argument tuples only.
#[diagnostic::on_unimplemented(
    message = "a route needs a caller",
    label = "no argument of this handler knows who calls",
    note = "take a `MemberCaller`, `AsMember<…>`, `UnitCaller` or, where nobody need be known, `Public` as the first argument (after `App`)"
)]
pub trait CarriesCaller {
    /// The caller.
    type Caller: Caller;
}

macro_rules! carries_caller {
    ($($rest:ident)*) => {
        impl<M, C: Caller $(, $rest)*> CarriesCaller for (M, C, $($rest,)*) {
            type Caller = C;
        }

        impl<M, C: Caller $(, $rest)*> CarriesCaller for (M, App, C, $($rest,)*) {
            type Caller = C;
        }
    };
}

carries_caller!();
carries_caller!(A);
carries_caller!(A B);
carries_caller!(A B D);
carries_caller!(A B D E);
carries_caller!(A B D E F);

/// Routes with their part of the OpenAPI document.
pub struct Routes {
    router: axum::Router<App>,
    document: OpenApi,
}

impl Default for Routes {
    fn default() -> Routes {
        Routes::new()
    }
}

impl Routes {
    /// No routes.
    pub fn new() -> Routes {
        Routes { router: axum::Router::new(), document: OpenApiBuilder::new().build() }
    }

    /// Adds a handler under the path and method of its `#[utoipa::path]`.
    pub fn add<P, H, T>(mut self, _: P, handler: H) -> Routes
    where
        P: utoipa::Path + SchemaReferences,
        H: Handler<T, App>,
        T: CarriesCaller + 'static,
    {
        let path = P::path();
        for method in P::methods() {
            let filter = method_filter(&method);
            self.router = self.router.route(&path, on(filter, handler.clone()));
            self.document.merge(operation_document::<P, T::Caller>(&path, method));
        }
        self
    }

    /// Adds the routes of another slice.
    pub fn merge(mut self, other: Routes) -> Routes {
        self.router = self.router.merge(other.router);
        self.document.merge(other.document);
        self
    }

    /// The OpenAPI document of these routes.
    pub fn document(&self) -> &OpenApi {
        &self.document
    }

    /// The router, for the door alone.
    pub(super) fn into_router(self) -> axum::Router<App> {
        self.router
    }
}

fn method_filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}

/// One operation's document: what its attribute says, who may call it, and the problem body that
/// answers everything refused.
fn operation_document<P: utoipa::Path + SchemaReferences, C: Caller>(
    path: &str,
    method: HttpMethod,
) -> OpenApi {
    let mut operation = P::operation();
    let mut extensions = ExtensionsBuilder::new().add("x-apis-caller", C::KIND.word());
    if let Some(permission) = C::PERMISSION {
        extensions = extensions.add("x-apis-permission", permission.word());
    }
    operation.extensions = Some(extensions.build());
    let problem = ResponseBuilder::new()
        .description("refused; `code` says why")
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
        )
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(problem));

    let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
    P::schemas(&mut schemas);
    let mut components = Components::new();
    components.schemas.extend(schemas);
    OpenApiBuilder::new()
        .paths(PathsBuilder::new().path(path, PathItem::new(method, operation)))
        .components(Some(components))
        .build()
}
