//! Moods of whole talks, by language and by what the talk itself shows.

use proptest::prelude::*;

use super::reading::Reading;
use super::words::LANGUAGES;
use super::*;

fn after(language: &str, lines: &[&str]) -> Mood {
    let mut mood = Mood::default();
    for line in lines {
        mood.hear(line, language);
    }
    mood
}

fn value(lines: &[&str]) -> Option<i8> {
    after("en-US", lines).value()
}

#[test]
fn words_tell_and_wear_off() {
    assert_eq!(value(&["Can you move it to Thursday?"]), None);
    assert_eq!(value(&["This is ridiculous!"]), Some(-1));
    assert_eq!(value(&["That was not helpful."]), Some(-1));
    assert_eq!(value(&["Great, thank you."]), Some(1));
    assert_eq!(
        value(&["This is ridiculous!", "Thank you, that is perfect."]),
        Some(1)
    );
    assert_eq!(value(&["This is ridiculous!", "At ten."]), Some(-1));
    assert_eq!(value(&["This is ridiculous!", "At ten.", "Yes."]), Some(0));
    assert_eq!(value(&["Could I cancel my appointment?"]), None, "a plain wish");
    assert_eq!(value(&["No thanks."]), None, "a polite no");
    assert_eq!(value(&["No, perfect."]), Some(1), "the no is an answer");
    assert_eq!(value(&["It is not that stupid."]), None);
    assert_eq!(
        value(&["Something is wrong."]),
        Some(0),
        "a mild word alone does not decide"
    );
}

/// What is said in one language: unkind, denied praise, thanks, for a person, said before, and nothing of it.
struct Said {
    language: &'static str,
    unkind: &'static str,
    denied: &'static str,
    kind: &'static str,
    person: &'static str,
    again: &'static str,
    plain: &'static str,
}

const SAID: &[Said] = &[
    Said {
        language: "en-GB",
        unkind: "I'm really fed up with this.",
        denied: "I'm not very happy.",
        kind: "Thank you, that's wonderful.",
        person: "I want to speak to a real person.",
        again: "I already told you, Thursday.",
        plain: "My order number is four one five, and I live in Leeds.",
    },
    Said {
        language: "de-DE",
        unkind: "Das ist eine Unverschämtheit!",
        denied: "Ich bin damit gar nicht zufrieden.",
        kind: "Vielen Dank, das ist großartig.",
        person: "Ich möchte mit einem Menschen sprechen.",
        again: "Das habe ich doch schon gesagt.",
        plain: "Ich hätte gern einen Termin am Donnerstag um zehn.",
    },
    Said {
        language: "es-US",
        unkind: "Esto es una vergüenza.",
        denied: "No estoy nada contenta.",
        kind: "Muchas gracias, perfecto.",
        person: "Quiero hablar con una persona.",
        again: "Ya se lo dije.",
        plain: "Quisiera una mesa para dos el jueves a las diez.",
    },
    Said {
        language: "fr-FR",
        unkind: "C'est inadmissible, j'en ai marre.",
        denied: "Je ne suis pas du tout satisfait.",
        kind: "Merci, c'est parfait.",
        person: "Je voudrais parler à un conseiller.",
        again: "Je vous l'ai déjà dit.",
        plain: "Je voudrais un rendez-vous jeudi à dix heures.",
    },
    Said {
        language: "it-IT",
        unkind: "È una vergogna, sono furioso.",
        denied: "Non sono soddisfatta.",
        kind: "Grazie, perfetto.",
        person: "Vorrei parlare con un operatore.",
        again: "Gliel'ho già detto.",
        plain: "Vorrei un tavolo per giovedì alle dieci.",
    },
    Said {
        language: "pt-BR",
        unkind: "Isso é inaceitável!",
        denied: "Não estou satisfeito.",
        kind: "Muito obrigada, perfeito.",
        person: "Quero falar com um atendente.",
        again: "Eu já disse isso.",
        plain: "Queria marcar para quinta-feira às dez.",
    },
    Said {
        language: "nl-NL",
        unkind: "Dit is echt belachelijk.",
        denied: "Ik ben niet tevreden.",
        kind: "Bedankt, dat is geweldig.",
        person: "Kan ik met een echt mens praten?",
        again: "Dat heb ik al gezegd.",
        plain: "Ik wil graag een afspraak op donderdag om tien uur.",
    },
    Said {
        language: "hi-IN",
        unkind: "यह सब बकवास है।",
        denied: "Main bilkul nahi khush hoon.",
        kind: "बहुत धन्यवाद।",
        person: "Mujhe kisi insaan se baat karni hai.",
        again: "मैंने पहले ही बताया था।",
        plain: "मुझे गुरुवार को दस बजे आना है।",
    },
];

#[test]
fn every_language_is_understood() {
    for said in SAID {
        let is = |line: &str| {
            let mood = after(said.language, &[line]);
            (mood.value(), mood.reason())
        };
        let complains = (Some(-1), Some(MoodReason::Complains));
        let language = said.language;
        assert_eq!(is(said.unkind), complains, "{language}: {}", said.unkind);
        assert_eq!(is(said.denied), complains, "{language}: {}", said.denied);
        assert_eq!(is(said.kind), (Some(1), None), "{language}: {}", said.kind);
        let person = (Some(-1), Some(MoodReason::AskedForPerson));
        assert_eq!(is(said.person), person, "{language}: {}", said.person);
        let repeats = (Some(-1), Some(MoodReason::Repeats));
        assert_eq!(is(said.again), repeats, "{language}: {}", said.again);
        assert_eq!(is(said.plain), (None, None), "{language}: {}", said.plain);
        assert_eq!(after("ja-JP", &[said.unkind]).value(), None, "not guessed");
    }
    assert_eq!(SAID.len(), LANGUAGES.len());
}

#[test]
fn every_word_of_every_language_is_found_again() {
    for words in LANGUAGES {
        let read = |phrase: &str| Reading::of(&phrase.replace('*', ""), words.language);
        for phrase in words.unkind {
            assert!(read(phrase).unkind > 0, "{}: {phrase}", words.language);
        }
        for phrase in words.mild {
            assert!(read(phrase).mild > 0, "{}: {phrase}", words.language);
        }
        for phrase in words.praise.iter().chain(words.thanks) {
            assert!(read(phrase).kind > 0, "{}: {phrase}", words.language);
        }
        for phrase in words.person {
            assert!(read(phrase).person > 0, "{}: {phrase}", words.language);
        }
        for phrase in words.again {
            assert!(read(phrase).again > 0, "{}: {phrase}", words.language);
        }
    }
}

#[test]
fn accents_and_capitals_change_nothing() {
    let plain = Reading::of("das ist eine unverschamtheit", "de");
    assert_eq!(Reading::of("DAS IST EINE UNVERSCHÄMTHEIT", "de"), plain);
}

#[test]
fn who_says_the_same_twice_over_is_not_served() {
    let order = "My order is four one five seven.";
    assert_eq!(value(&[order, order]), Some(0), "once may be a check");
    let mood = after(
        "en",
        &[
            order,
            "My order is four one five seven!",
            "The order is four one five seven.",
        ],
    );
    assert_eq!(
        (mood.value(), mood.reason()),
        (Some(-1), Some(MoodReason::Repeats))
    );
    assert_eq!(
        value(&["At ten.", "At ten.", "At ten."]),
        None,
        "short words are said again by anybody"
    );
    let other = [
        "I need a table on Thursday.",
        "I have a dog and two cats.",
        "We come by car at noon.",
    ];
    assert_eq!(value(&other), None);
}

#[test]
fn who_interrupts_again_and_again_is_not_served() {
    let mut mood = Mood::default();
    for at in 1..=3 {
        assert_ne!(mood.value(), Some(-1), "before the {at}. time");
        mood.agent_cut_off();
        mood.hear("Thursday.", "ja");
    }
    assert_eq!(
        (mood.value(), mood.reason()),
        (Some(-1), Some(MoodReason::Interrupts))
    );

    let mut mood = Mood::default();
    for _ in 0..5 {
        mood.agent_cut_off();
        mood.agent_made_room();
        mood.hear("Thursday.", "en");
    }
    assert_eq!(mood.value(), None);
}

#[test]
fn a_wish_for_a_person_holds_until_one_comes() {
    let mut mood = after("en", &["Let me talk to a person.", "At ten.", "Yes."]);
    assert_eq!(mood.reason(), Some(MoodReason::AskedForPerson));
    mood.person_came();
    assert_eq!((mood.value(), mood.reason()), (Some(0), None));
}

#[test]
fn the_weightiest_reason_is_told() {
    let mood = after(
        "en",
        &[
            "This is ridiculous and stupid, terrible.",
            "I want a real person.",
        ],
    );
    assert_eq!(mood.reason(), Some(MoodReason::Complains));
    let mood = after("en", &["This is ridiculous.", "I want a real person."]);
    assert_eq!(mood.reason(), Some(MoodReason::AskedForPerson));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_talk_has_a_mood_within_bounds(
        lines in prop::collection::vec((".{0,120}", any::<bool>(), 0_usize..9), 0..20),
    ) {
        let mut mood = Mood::default();
        for (line, cut, language) in &lines {
            if *cut {
                mood.agent_cut_off();
            }
            mood.hear(line, SAID.get(*language).map_or("", |said| said.language));
            prop_assert!(mood.against.iter().all(|weight| (0..=MOST).contains(weight)));
            prop_assert!((0..=MOST).contains(&mood.content));
            prop_assert!(mood.before.len() <= REMEMBERED);
            prop_assert_eq!(mood.reason().is_some(), mood.value() == Some(-1));
        }
        // The same talk, the same mood.
        let mut again = Mood::default();
        for (line, cut, language) in &lines {
            if *cut {
                again.agent_cut_off();
            }
            again.hear(line, SAID.get(*language).map_or("", |said| said.language));
        }
        prop_assert_eq!(&again, &mood);
        // And it wears off, whatever was said.
        for turn in 0..16 {
            mood.hear(&format!("Turn number {turn}"), "");
        }
        prop_assert!(matches!(mood.value(), None | Some(0)));
    }

    #[test]
    fn a_kind_word_more_never_makes_it_worse(
        talk in prop::collection::vec((0_usize..8, 0_usize..6), 0..12),
        language in 0_usize..8,
    ) {
        let lines: Vec<&str> = talk.iter().map(|(language, which)| {
            let said = &SAID[*language];
            [said.unkind, said.denied, said.kind, said.person, said.again, said.plain][*which]
        }).collect();
        let said = &SAID[language];
        let mood = after(said.language, &lines);
        let mut kinder = mood.clone();
        kinder.hear(said.kind, said.language);
        let mut plainer = mood;
        plainer.hear(said.plain, said.language);
        prop_assert!(kinder.score() >= plainer.score());
    }
}
