//! A unit in process: has a key, signs what it sends, and can be told to send it wrongly.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use tower::ServiceExt as _;

use apis_protocol::claim::{Claim, ClaimSecret};
use apis_protocol::enrolment::{EnrolmentAnswer, EnrolmentRequest};
use apis_protocol::heartbeat::{
    ClockReport, ClockState, DeterrentReport, EyesReport, HeartbeatReport, SpoolReport,
    StorageReport,
};
use apis_protocol::http::{Nonce, RequestView, SigningTerms, content_digest, sign};
use apis_protocol::message::Message;
use apis_protocol::{SecretKey, Sha256Digest, UnitId, route, version};
use apis_units::Uptime;

use super::{Answer, World};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::enrolment::create_claim;
use crate::ids::TenantId;
use crate::random;

/// A unit and the way to the units' door.
#[derive(Clone)]
pub struct TestUnit {
    pub(super) router: Router,
    clock: Clock,
    /// Its key.
    pub key: SecretKey,
    /// Its name, once enrolled.
    pub id: Option<UnitId>,
    /// What it was told at its enrolment.
    pub enrolled: Option<EnrolmentAnswer>,
}

/// A signed request, to be spoilt and sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The method.
    pub method: &'static str,
    /// Path and query.
    pub target: String,
    /// Every field, in order.
    pub fields: Vec<(String, String)>,
    /// The bytes.
    pub body: Vec<u8>,
}

impl Sent {
    /// The same with another value of a field, or without it.
    pub fn with(mut self, name: &str, value: Option<&str>) -> Sent {
        self.fields.retain(|field| field.0 != name);
        self.fields.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self
    }
}

impl World {
    /// A claim of the tenant.
    pub async fn claim(&self, tenant: TenantId) -> Claim {
        let (db, source) = (&self.app.db, &self.app.units.settings);
        let now = self.app.clock.now();
        let made = create_claim(db, source, (tenant, None), Actor::Operator, now).await;
        made.expect("a claim is made").0
    }

    /// A unit that nobody knows.
    pub fn new_unit(&self) -> TestUnit {
        let key = SecretKey::from_seed(&random::bytes());
        let (router, clock) = (self.units.clone(), self.app.clock.clone());
        TestUnit { router, clock, key, id: None, enrolled: None }
    }

    /// An enrolled unit of the tenant.
    pub async fn unit(&self, tenant: TenantId) -> TestUnit {
        self.unit_by(&self.claim(tenant).await).await
    }

    /// A unit that enrolled by this claim.
    pub async fn unit_by(&self, claim: &Claim) -> TestUnit {
        let mut unit = self.new_unit();
        let answer = unit.enrol(&claim.secret).await;
        let answer = EnrolmentAnswer::read(&answer.bytes).expect("the unit is enrolled");
        (unit.id, unit.enrolled) = (Some(answer.unit_id), Some(answer));
        unit
    }
}

impl TestUnit {
    /// The same unit at the door of a world that was restarted.
    pub fn at(mut self, world: &World) -> TestUnit {
        self.router = world.units.clone();
        self
    }

    /// The same unit with the key of another.
    pub fn with_key(mut self, key: SecretKey) -> TestUnit {
        self.key = key;
        self
    }

    /// Brings a claim.
    pub async fn enrol(&self, claim: &ClaimSecret) -> Answer {
        self.send(self.post(route::ENROLMENT, &self.enrolment(claim))).await
    }

    /// What an enrolment says.
    pub fn enrolment(&self, claim: &ClaimSecret) -> EnrolmentRequest {
        EnrolmentRequest {
            protocol: version::CURRENT,
            claim: claim.clone(),
            public_key: self.key.public(),
            serial: "test-1".to_owned(),
            hardware: "test-board".to_owned(),
            firmware: "0.1.0".to_owned(),
        }
    }

    /// What a healthy unit says each minute.
    pub fn report(&self) -> HeartbeatReport {
        let token = |text| apis_protocol::bounded::Token::new(text).unwrap();
        HeartbeatReport {
            protocol: version::CURRENT,
            firmware: "0.1.0".to_owned(),
            boot: 1,
            clock: ClockReport {
                sent: Uptime::from_micros(90_000_000),
                state: ClockState::Unsynchronised,
                wall: None,
            },
            temperature_mc: Some(41_000),
            supply_mv: None,
            storage: StorageReport { total_bytes: 1_000, free_bytes: 900 },
            spool: SpoolReport {
                record_count: 0,
                upload_count: 0,
                parked_count: 0,
                evicted_count: 0,
                spool_bytes: 0,
                oldest_ms: None,
            },
            eyes: EyesReport {
                frames_per_ks: 15_000,
                dropped_frame_count: 0,
                processing_p99_us: 900,
            },
            deterrent: DeterrentReport {
                is_armed: false,
                reason: token("boot"),
                emission_count: 0,
            },
            faults: Vec::new(),
            settings_generation: None,
            command_number: None,
            command_results: Vec::new(),
        }
    }

    /// A signed POST of a message.
    pub fn post(&self, path: &str, message: &impl Message) -> Sent {
        let body = message.write();
        self.sign("POST", path, &[("content-type", "application/json")], body)
    }

    /// A request signed now.
    pub fn sign(
        &self,
        method: &'static str,
        target: &str,
        fields: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Sent {
        self.sign_with(method, target, fields, body, self.terms())
    }

    /// Terms of a signature made now.
    pub fn terms(&self) -> SigningTerms {
        SigningTerms::at(self.clock.now().0, Nonce::from_random(&random::bytes()))
    }

    /// A request signed on these terms.
    pub fn sign_with(
        &self,
        method: &'static str,
        target: &str,
        fields: &[(&str, &str)],
        body: Vec<u8>,
        terms: SigningTerms,
    ) -> Sent {
        let text = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let mut fields: Vec<(String, String)> = fields.iter().copied().map(text).collect();
        if !body.is_empty() {
            let digest = content_digest(Sha256Digest::of(&body));
            fields.push(text(("content-length", &body.len().to_string())));
            fields.push(text(("content-digest", &digest)));
        }
        let view: Vec<(&str, &[u8])> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let view = RequestView { method, authority: "127.0.0.1:8443", path, query, fields: &view };
        let signed = sign(&view, &terms, &self.key).expect("the request can be signed");
        fields.push(text(("host", "127.0.0.1:8443")));
        fields.push(("signature-input".to_owned(), signed.signature_input));
        fields.push(("signature".to_owned(), signed.signature));
        Sent { method, target: target.to_owned(), fields, body }
    }

    /// Sends a request as it is.
    pub async fn send(&self, sent: Sent) -> Answer {
        let body = Body::from(sent.body.clone());
        self.send_body(&sent, body).await
    }

    /// Sends a request with a body that need not be the one it names.
    pub async fn send_body(&self, sent: &Sent, body: Body) -> Answer {
        let mut request = Request::builder().method(sent.method).uri(&sent.target);
        for (name, value) in &sent.fields {
            request = request.header(name, value);
        }
        let request = request.body(body).expect("the request is well formed");
        let response = self.router.clone().oneshot(request).await.expect("a router is infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 16 * 1024 * 1024).await.expect("an answer ends").to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// A heartbeat of a healthy unit.
    pub async fn beat(&self) -> Answer {
        self.send(self.post(route::HEARTBEAT, &self.report())).await
    }
}

impl Answer {
    /// A header's value; empty without it.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as a message of the protocol, of an answer that must have succeeded.
    pub fn message<M: Message>(&self) -> M {
        let text = String::from_utf8_lossy(&self.bytes);
        assert_eq!(self.status, StatusCode::OK, "{text}");
        M::read(&self.bytes).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}
