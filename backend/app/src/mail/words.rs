//! The words of every mail.

use phony_kernel::Role;

use super::letter::{Draft, Letter};
use super::{Mail, Template};

const NOT_YOU: &str = "If you did not ask for this, you can ignore it; nothing changes.";

/// A role with its article.
fn a(role: Role) -> &'static str {
    match role {
        Role::Admin => "an admin",
        Role::Supervisor => "a supervisor",
        Role::Viewer => "a viewer",
    }
}

impl Mail {
    /// The mail as it is sent.
    #[must_use]
    pub fn letter(&self) -> Letter {
        let draft = match &self.template {
            Template::Invitation {
                company,
                inviter,
                role,
                link,
            } => Draft {
                subject: format!("{inviter} invites you to {company}"),
                paragraphs: vec![
                    format!("{inviter} invites you to join {company} on Phony as {}.", a(*role)),
                    "The invitation is for this address and is good for seven days.".to_owned(),
                ],
                action: Some(("Accept the invitation", link)),
                closing: "If you do not know the company, you can ignore this mail.",
                ..Draft::default()
            },
            Template::VerifyEmail { name, link } => Draft {
                subject: "Confirm your e-mail address".to_owned(),
                name,
                paragraphs: vec![
                    "Please confirm that this address is yours. The link is good for one day.".to_owned(),
                    "Until then your company cannot buy phone numbers or make calls.".to_owned(),
                ],
                action: Some(("Confirm the address", link)),
                closing: NOT_YOU,
            },
            Template::SignedUpAgain { company, link } => Draft {
                subject: format!("Is {company} yours, too?"),
                paragraphs: vec![
                    format!(
                        "Somebody, probably you, made the company {company} on Phony with this address. You have an \
                         account already."
                    ),
                    "If it was you, follow this link: the company comes beside your others, and you sign in with the \
                     password that you had before. The link is good for one day."
                        .to_owned(),
                ],
                action: Some(("The company is mine", link)),
                closing: "If it was not you, ignore this mail. Your account is as it was, and the company can neither \
                          buy phone numbers nor make calls.",
                ..Draft::default()
            },
            Template::PasswordReset { name, link } => Draft {
                subject: "Choose a new password".to_owned(),
                name,
                paragraphs: vec![
                    "Somebody, probably you, asked for a new password. The link is good for ten minutes and \
                     works once. It signs you out everywhere."
                        .to_owned(),
                ],
                action: Some(("Choose a new password", link)),
                closing: NOT_YOU,
            },
            Template::PasswordChanged { name } => Draft {
                subject: "Your password was changed".to_owned(),
                name,
                paragraphs: vec![
                    "Your password is a new one, and you are signed out everywhere.".to_owned(),
                    "If that was not you, ask for a new password on the sign-in page now, and tell an admin of your \
                     company."
                        .to_owned(),
                ],
                ..Draft::default()
            },
            Template::SessionReused {
                name,
                device,
                address,
                at,
            } => Draft {
                subject: "We ended one of your sessions".to_owned(),
                name,
                paragraphs: vec![
                    format!(
                        "On {} somebody used a part of your session that had been used before. It may have been \
                         copied, so we ended that session.",
                        at.format("%-d %B %Y at %H:%M UTC")
                    ),
                    whence(device, address),
                    "If you do not know who that was, choose a new password and look at your sessions.".to_owned(),
                ],
                ..Draft::default()
            },
            Template::Notice {
                name,
                subject,
                paragraphs,
            } => Draft {
                subject: subject.clone(),
                name,
                paragraphs: paragraphs.clone(),
                ..Draft::default()
            },
        };
        draft.finish()
    }
}

fn whence(device: &str, address: &str) -> String {
    let known = |text: &str| match text {
        "" => "not known".to_owned(),
        text => text.to_owned(),
    };
    format!("Device: {}. Address: {}.", known(device), known(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(template: Template) -> Letter {
        Mail {
            to: "ana@example.com".to_owned(),
            template,
            good_until: None,
        }
        .letter()
    }

    #[test]
    fn an_invitation_says_who_invites_where_to_and_as_what() {
        let letter = mail(Template::Invitation {
            company: "Acme".to_owned(),
            inviter: "Ben".to_owned(),
            role: Role::Admin,
            link: "https://phony.example/dashboard/invite#token=abc".to_owned(),
        });
        assert_eq!(letter.subject, "Ben invites you to Acme");
        for part in [&letter.text, &letter.html] {
            assert!(part.contains("as an admin"), "{part}");
            assert!(
                part.contains("https://phony.example/dashboard/invite#token=abc"),
                "{part}"
            );
        }
    }

    #[test]
    fn names_cannot_write_markup_or_further_lines() {
        let letter = mail(Template::Invitation {
            company: "<script>alert(1)</script>\r\nBcc: all@example.com".to_owned(),
            inviter: "\"Ben\" & 'Co'".to_owned(),
            role: Role::Viewer,
            link: "https://phony.example/?a=1&b=\"2\"".to_owned(),
        });
        assert!(!letter.subject.contains(['\r', '\n']), "{}", letter.subject);
        assert!(!letter.html.contains("<script"), "{}", letter.html);
        assert!(
            letter.html.contains("&quot;Ben&quot; &amp; &#39;Co&#39;"),
            "{}",
            letter.html
        );
        assert!(
            letter
                .html
                .contains("href=\"https://phony.example/?a=1&amp;b=&quot;2&quot;\"")
        );
        assert!(!letter.text.contains("\r\nBcc:"), "{}", letter.text);
    }
}
