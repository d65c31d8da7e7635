//! Who may call: the handler's signature says so.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use phony_app::{App, Principal};
use phony_kernel::{Error, Permission};

use crate::context::Identified;
use crate::problem::ApiError;

/// A permission as a type, for [`Allow`].
pub trait Needs: 'static {
    /// The row of the matrix.
    const PERMISSION: Permission;
}

/// Proof that the caller holds a permission. As the first argument of a handler it answers 401 or 403
/// before the body is read.
pub struct Allow<N: Needs> {
    /// Who asks.
    pub who: Principal,
    needs: PhantomData<N>,
}

/// Proof that the caller holds one of two permissions; which one is needed, the body says.
pub struct AllowEither<A: Needs, B: Needs> {
    /// Who asks.
    pub who: Principal,
    needs: PhantomData<(A, B)>,
}

/// Proof that somebody is signed in or sends a good key, and no more.
pub struct Anybody(pub Principal);

fn principal(request: &HttpRequest) -> Result<Principal, ApiError> {
    match request.extensions_mut().remove::<Identified>() {
        Some(Identified(principal)) => Ok(principal?),
        None => Err(ApiError(Error::unauthenticated())),
    }
}

fn app(request: &HttpRequest) -> Result<&web::Data<App>, ApiError> {
    request
        .app_data::<web::Data<App>>()
        .ok_or_else(|| ApiError(Error::internal(std::io::Error::other("no application data"))))
}

impl<N: Needs> FromRequest for Allow<N> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready((|| {
            let who = principal(request)?;
            who.require(N::PERMISSION, app(request)?.clock.now())?;
            Ok(Self {
                who,
                needs: PhantomData,
            })
        })())
    }
}

impl<A: Needs, B: Needs> FromRequest for AllowEither<A, B> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready((|| {
            let who = principal(request)?;
            let now = app(request)?.clock.now();
            who.require(A::PERMISSION, now)
                .or_else(|refused| who.require(B::PERMISSION, now).map_err(|_| refused))?;
            Ok(Self {
                who,
                needs: PhantomData,
            })
        })())
    }
}

/// Whoever asks, signed in or not; a credential that is sent must be good all the same.
pub struct Perhaps(pub Option<Principal>);

impl FromRequest for Perhaps {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let identified = request.extensions_mut().remove::<Identified>();
        let who = identified.map(|Identified(principal)| principal).transpose();
        ready(who.map(Self).map_err(ApiError))
    }
}

impl FromRequest for Anybody {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(principal(request).map(Self))
    }
}

macro_rules! needs {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("See [`Permission::", stringify!($name), "`].")]
            pub struct $name;
            impl Needs for $name {
                const PERMISSION: Permission = Permission::$name;
            }
        )*
    };
}

needs! {
    CallRead TranscriptRead CallMonitor CallIntervene NumberRead NumberBuy NumberRelease NumberConfigure
    PersonalityRead PersonalityWrite MemberRead MemberInvite MemberRole MemberRemove KeyRead KeyCreate KeyRotate KeyRevoke PlanRead PlanChange UsageRead ExportCreate CallCreate PolicyWrite WebCallCreate RecordingRead RecordingWrite
    ContactRead ContactWrite ProviderCredentialRead ProviderCredentialWrite SsoRead SsoWrite AuditRead PrivacyRead TenantExport TenantClose
}
