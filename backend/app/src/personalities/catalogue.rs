//! The models and voices that a personality may name, for people to choose from.

use chrono::{NaiveDate, TimeDelta};
use phony_carriers::twilio::voices;
use phony_kernel::Result;
use phony_kernel::call::Engine;
use phony_kernel::error::Faults;
use phony_models::catalog::{self, Use};

use super::{Personalities, Standards, draft};

/// A model that stops within this time is warned of.
pub(super) const NOTICE: TimeDelta = TimeDelta::days(90);

/// What a model does for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Text in, text out: `relay` and `gather`.
    Chat,
    /// Speech in, speech out: `realtime`.
    Speech,
}

/// Whether a model may still be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Available,
    /// It may, and will stop within three months.
    Retiring,
    /// It is not served any more.
    Retired,
}

impl Standing {
    /// How a model that stops on a day stands today.
    #[must_use]
    pub fn of(stops_on: Option<NaiveDate>, today: NaiveDate) -> Self {
        match stops_on {
            Some(day) if day <= today => Self::Retired,
            Some(day) if day <= today + NOTICE => Self::Retiring,
            _ => Self::Available,
        }
    }
}

/// A model to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// Its name on the wire.
    pub name: String,
    /// What it does.
    pub purpose: Purpose,
    /// Engines that think or speak with it.
    pub engines: Vec<Engine>,
    /// Whether it may be chosen.
    pub standing: Standing,
    /// The day it stops, if announced.
    pub stops_on: Option<NaiveDate>,
    /// Whether personalities get it that name none.
    pub is_standard: bool,
    /// Whether it can be told how long to think.
    pub thinks: bool,
}

/// A voice to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceInfo {
    /// Its name in a personality.
    pub name: &'static str,
    /// How it sounds.
    pub description: &'static str,
    /// Whether personalities get it that name none.
    pub is_standard: bool,
    /// What speaks for it on each engine, and whether that is the voice itself.
    pub engines: Vec<(Engine, String, bool)>,
}

impl Personalities {
    /// The models that a personality may name, and those that it may not name any more.
    #[must_use]
    pub fn models(&self) -> Vec<ModelInfo> {
        let today = self.today();
        let standards = self.standards();
        let own = own_models(standards);
        let known = catalog::MODELS
            .iter()
            .filter_map(|known| info(known.name, known.shutdown_date(), known.usage, standards, today));
        own.into_iter().chain(known).collect()
    }

    /// The voices that a personality may name, as they sound in a language.
    ///
    /// # Errors
    /// `validation_failed` when it is no language.
    pub fn voices(&self, language: Option<&str>) -> Result<Vec<VoiceInfo>> {
        let mut faults = Faults::new();
        let language = draft::check_language(&mut faults, language);
        faults.finish()?;
        let language = voices::locale(&language);
        Ok(voices::CATALOGUE
            .iter()
            .map(|voice| {
                let realtime = catalog::realtime_voice(voice.name);
                let carrier = voices::relay_voice(voice.name, &language);
                let carrier = format!("{}.{}", carrier.provider, carrier.voice);
                VoiceInfo {
                    name: voice.name,
                    description: voice.description,
                    is_standard: voice.name == self.standards().voice,
                    engines: vec![
                        (
                            Engine::Realtime,
                            realtime.voice().to_owned(),
                            !realtime.is_substitute(),
                        ),
                        (Engine::Relay, carrier.clone(), false),
                        (Engine::Gather, carrier, false),
                    ],
                }
            })
            .collect())
    }
}

fn info(
    name: &str,
    stops_on: Option<NaiveDate>,
    usage: Use,
    standards: &Standards,
    today: NaiveDate,
) -> Option<ModelInfo> {
    let realtime = catalog::realtime_model(name);
    let purpose = match usage {
        Use::Chat => Purpose::Chat,
        // Those that are served in other ways than over a live session are no use on a call.
        Use::Speech if realtime.is_some() => Purpose::Speech,
        _ => return None,
    };
    let (engines, standard) = match purpose {
        Purpose::Chat => (vec![Engine::Relay, Engine::Gather], &standards.model),
        Purpose::Speech => (vec![Engine::Realtime], &standards.realtime_model),
    };
    Some(ModelInfo {
        name: name.to_owned(),
        purpose,
        engines,
        standing: Standing::of(stops_on, today),
        stops_on,
        is_standard: name == standard,
        thinks: realtime.is_some_and(|known| known.thinks),
    })
}

/// The platform's own models that no catalogue knows: a server of the operator's serves them.
fn own_models(standards: &Standards) -> Vec<ModelInfo> {
    let named = [
        (&standards.model, Use::Chat, Purpose::Chat),
        (&standards.realtime_model, Use::Speech, Purpose::Speech),
    ];
    named
        .into_iter()
        .filter(|(name, usage, _)| catalog::find(name).is_none_or(|known| known.usage != *usage))
        .map(|(name, _, purpose)| ModelInfo {
            name: name.clone(),
            purpose,
            engines: match purpose {
                Purpose::Chat => vec![Engine::Relay, Engine::Gather],
                Purpose::Speech => vec![Engine::Realtime],
            },
            standing: Standing::Available,
            stops_on: None,
            is_standard: true,
            thinks: false,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_announced_before_it_stops() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let stops = Some(day(2027, 1, 20));
        assert_eq!(Standing::of(stops, day(2026, 10, 1)), Standing::Available);
        assert_eq!(Standing::of(stops, day(2026, 11, 21)), Standing::Retiring);
        assert_eq!(Standing::of(stops, day(2027, 1, 20)), Standing::Retired);
        assert_eq!(Standing::of(None, day(2030, 1, 1)), Standing::Available);
    }

    #[test]
    fn an_operators_own_model_is_in_the_list() {
        let standards = Standards {
            model: "house-model".to_owned(),
            ..Standards::default()
        };
        let own = own_models(&standards);
        assert_eq!(own.len(), 1);
        assert_eq!((own[0].name.as_str(), own[0].is_standard), ("house-model", true));
        assert_eq!(own_models(&Standards::default()), []);
    }
}
