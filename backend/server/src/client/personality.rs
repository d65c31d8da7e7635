//! Personalities and pools by id or by name.

use phony_client::Client;
use phony_client::types::{Named, Personality};

use super::failure::{Failure, Outcome};
use super::terminal::clean;

/// Who is meant by what a person typed: an id, a name, or the only name that contains it.
pub(super) async fn find(client: &Client, wanted: &str) -> Outcome<Personality> {
    if wanted.starts_with("per_") {
        return Ok(Personality {
            id: wanted.to_owned(),
            name: wanted.to_owned(),
            more: serde_json::Map::new(),
        });
    }
    chosen(
        client.personalities().await?,
        wanted,
        ["personality", "personalities"],
    )
}

/// The id of the pool that is meant by what a person typed.
pub(super) async fn find_pool(client: &Client, wanted: Option<&str>) -> Outcome<Option<String>> {
    match wanted {
        Some(id) if id.starts_with("pool_") => Ok(Some(id.to_owned())),
        Some(name) => {
            let pools = client.number_pools().await?;
            Ok(Some(chosen(pools, name, ["pool", "pools"])?.id))
        }
        None => Ok(None),
    }
}

/// The id only; nothing is asked where it is given.
pub(super) async fn find_id(client: &Client, wanted: Option<&str>) -> Outcome<Option<String>> {
    match wanted {
        Some(wanted) => Ok(Some(find(client, wanted).await?.id)),
        None => Ok(None),
    }
}

/// Who answers the company's first number, or else its first personality.
pub(super) async fn usual(client: &Client) -> Outcome<Personality> {
    let all = client.personalities().await?;
    // A key without the right to see numbers may still talk.
    let numbers = client.numbers().await.unwrap_or_default();
    let answers = numbers.iter().find_map(|number| number.personality.as_ref());
    let usual = answers.and_then(|who| all.iter().find(|one| one.id == who.id));
    usual
        .or(all.first())
        .cloned()
        .ok_or_else(|| Failure::Usage("the company has no personality yet".to_owned()))
}

fn chosen(all: Vec<Named>, wanted: &str, [one, several]: [&str; 2]) -> Outcome<Named> {
    let lower = wanted.trim().to_lowercase();
    let exact = |one: &Named| one.name.to_lowercase() == lower;
    let (mut found, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(exact);
    if found.is_empty() {
        found = rest
            .iter()
            .filter(|one| one.name.to_lowercase().contains(&lower))
            .cloned()
            .collect();
    }
    let names = |of: &[Named]| {
        let mut lines: Vec<String> = of
            .iter()
            .map(|one| format!("\n  {}  {}", clean(&one.id), clean(&one.name)))
            .collect();
        lines.sort();
        lines.concat()
    };
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => Err(Failure::Usage(format!(
            "no {one} is called “{}”; there are:{}",
            clean(wanted),
            names(&rest)
        ))),
        _ => Err(Failure::Usage(format!(
            "several {several} could be “{}”:{}",
            clean(wanted),
            names(&found)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 2] = ["personality", "personalities"];

    fn all() -> Vec<Personality> {
        ["Friendly", "Friendly Helper", "Tech Expert"]
            .iter()
            .enumerate()
            .map(|(index, name)| Personality {
                id: format!("per_{index}"),
                name: (*name).to_owned(),
                more: serde_json::Map::new(),
            })
            .collect()
    }

    #[test]
    fn a_name_is_found_when_only_one_can_be_meant() {
        assert_eq!(chosen(all(), "friendly", WORDS).unwrap().id, "per_0");
        assert_eq!(chosen(all(), "tech", WORDS).unwrap().id, "per_2");
        assert!(matches!(chosen(all(), "fri", WORDS), Err(Failure::Usage(text)) if text.contains("per_1")));
        assert!(
            matches!(chosen(all(), "zen", WORDS), Err(Failure::Usage(text)) if text.contains("Tech Expert"))
        );
    }
}
