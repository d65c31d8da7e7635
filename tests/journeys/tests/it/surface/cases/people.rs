//! Requests about people: members, invitations, links that were mailed, a person's own sessions.

use phony_journeys::{Client, PASSWORD};
use phony_kernel::{IdentityId, Role};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Case, World, id_of};

/// Operations on whoever asks: after them there is nobody left to ask again.
const USED_UP: [&str; 10] = [
    "change_password",
    "enrol_totp",
    "confirm_totp",
    "disable_totp",
    "renew_recovery_codes",
    "unlink_identity",
    "leave_tenant",
    "revoke_session",
    "revoke_other_sessions",
    "resend_verification",
];

impl World {
    /// A valid request of an operation about people.
    pub(super) async fn people_case(&self, operation: &str) -> Option<Case> {
        let nothing = Case::default();
        Some(match operation {
            "list_members" | "list_invitations" => nothing.query("?limit=5"),
            "list_roles"
            | "list_identities"
            | "list_sessions"
            | "revoke_other_sessions"
            | "leave_tenant"
            | "resend_verification" => nothing,
            "update_member" => Case::of(&self.colleague().await).body(json!({ "role": "supervisor" })),
            "remove_member" => Case::of(&self.colleague().await),
            "create_invitation" => nothing.body(json!({ "email": fresh_email(), "role": "viewer" })),
            "resend_invitation" => {
                let (id, _) = self.invitation().await;
                // It was mailed a moment ago.
                sqlx::query("UPDATE phony.invitations SET sent_at = sent_at - interval '2 minutes'")
                    .execute(&mut self.product.admin_connection().await)
                    .await
                    .unwrap();
                Case::of(&id)
            }
            "withdraw_invitation" => Case::of(&self.invitation().await.0),
            "look_at_invitation" => nothing.body(json!({ "token": self.invitation_token().await })),
            "accept_invitation" => nothing.body(json!({
                "token": self.invitation_token().await, "name": "Ben Berg", "password": PASSWORD,
            })),
            "verify_email" => nothing.body(json!({ "token": self.stranger().await.1 })),
            "forgot_password" => nothing.body(json!({ "email": fresh_email() })),
            "reset_password" => {
                let (email, _) = self.stranger().await;
                let body = json!({ "email": email });
                let nobody = self.product.anonymous();
                let _ = nobody.post("/v1/auth/password/forgot", &body).await.expect(204);
                let token = self.product.letter(&email, "new password").await.token();
                nothing.body(json!({ "token": token, "password": "copper-thistle-raft-81" }))
            }
            "switch_tenant" => nothing.body(json!({ "tenant_id": self.acme.id })),
            "revoke_session" => Case::of(&self.other_session(&self.acme.email).await),
            "unlink_identity" => Case::of(&self.identity(&self.acme.email).await),
            _ => return None,
        })
    }

    /// Who asks in the place of `client`, and with what, where the operation uses them up; somebody of the same
    /// role, made for it alone.
    pub(crate) async fn stand_in(&self, operation: &str, client: &Client) -> Option<(Client, Option<Case>)> {
        if operation == "accept_invitation" {
            return Some((self.product.anonymous(), None));
        }
        if !USED_UP.contains(&operation) || client.token().is_none() {
            return None;
        }
        let me = client.get("/v1/me").await;
        let role: Role = serde_json::from_value(me["role"].clone()).ok()?;
        let one = self.product.member(&self.acme, role).await;
        let me = one.get("/v1/me").await.expect(200);
        let email = me["user"]["email"].as_str().unwrap().to_owned();
        let case = match operation {
            "confirm_totp" | "disable_totp" | "renew_recovery_codes" => {
                Some(self.totp_case(operation, &one).await)
            }
            "revoke_session" => Some(Case::of(&self.other_session(&email).await)),
            "unlink_identity" => Some(Case::of(&self.identity(&email).await)),
            "resend_verification" => {
                sqlx::query("UPDATE phony.users SET email_verified_at = NULL WHERE email = $1")
                    .bind(&email)
                    .execute(&mut self.product.admin_connection().await)
                    .await
                    .unwrap();
                None
            }
            _ => None,
        };
        Some((one, case))
    }

    /// Id of a further session of a person.
    async fn other_session(&self, email: &str) -> String {
        let body = json!({ "email": email, "password": PASSWORD, "tenant_id": self.acme.id });
        let session = self
            .product
            .anonymous()
            .post("/v1/auth/login", &body)
            .await
            .expect(200);
        let client = self
            .acme
            .admin
            .with_token(session["access_token"].as_str().unwrap());
        let list = client.get("/v1/sessions").await.expect(200);
        let sessions = list["data"].as_array().unwrap();
        let current = sessions.iter().find(|session| session["current"] == true);
        id_of(current.unwrap())
    }

    /// Id of who a person is at some provider.
    async fn identity(&self, email: &str) -> String {
        let id: Uuid = sqlx::query_scalar(
            "INSERT INTO phony.identities (issuer, subject, user_id)
             SELECT 'https://login.example', gen_random_uuid()::text, id FROM phony.users WHERE email = $1 RETURNING id",
        )
        .bind(email)
        .fetch_one(&mut self.product.admin_connection().await)
        .await
        .unwrap();
        IdentityId::from_uuid(id).to_string()
    }

    /// Id of a member who is there to be changed.
    async fn colleague(&self) -> String {
        let client = self.product.member(&self.acme, Role::Viewer).await;
        id_of(&client.get("/v1/me").await.expect(200)["user"])
    }

    /// Id and address of an open invitation.
    async fn invitation(&self) -> (String, String) {
        let email = fresh_email();
        let body = json!({ "email": email, "role": "viewer" });
        let made: Value = self
            .acme
            .admin
            .post("/v1/invitations", &body)
            .await
            .expect(201)
            .json;
        (id_of(&made), email)
    }

    async fn invitation_token(&self) -> String {
        let (_, email) = self.invitation().await;
        self.product.letter(&email, "invites you").await.token()
    }

    /// Address of somebody who has just signed up, and the token that was mailed to them.
    async fn stranger(&self) -> (String, String) {
        let email = fresh_email();
        let body =
            json!({ "company": "New company", "name": "Noor Haddad", "email": email, "password": PASSWORD });
        let _ = self
            .product
            .anonymous()
            .post("/v1/auth/signup", &body)
            .await
            .expect(201);
        let token = self.product.letter(&email, "Confirm").await.token();
        (email, token)
    }
}

fn fresh_email() -> String {
    format!("{}@new.example", Uuid::now_v7().simple())
}
