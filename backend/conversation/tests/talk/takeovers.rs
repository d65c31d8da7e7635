//! A person speaks in the agent's place: by keyboard on every engine, by microphone where there is sound, and back.

use phony_conversation::ActionStatus as St;
use phony_conversation::command::{Action, SayMode, SayWhen, TakeoverVia};
use phony_conversation::core::{Core, Effect, Input, Now};
use phony_conversation::event::{EventBody, Speaker};
use phony_conversation::plan::CallPlan;
use phony_conversation::supervision::{AttentionKind, TakeoverReason};
use phony_kernel::ItemId;
use phony_kernel::call::{ConversationState as S, Engine};

use crate::harness::{Talk, ben, mia, patient, transfer};

fn on(engine: Engine) -> CallPlan {
    let mut plan = patient();
    plan.engine = engine;
    plan
}

fn take(via: TakeoverVia) -> Action {
    Action::Takeover { via }
}

fn changes(talk: &Talk) -> Vec<TakeoverReason> {
    let changes = talk.events.iter().filter_map(|event| match &event.body {
        EventBody::TakeoverChanged { reason, .. } => Some(*reason),
        _ => None,
    });
    changes.collect()
}

fn renew(talk: &mut Talk, via: TakeoverVia) {
    let actor = mia().id;
    talk.put(Input::TakeoverRenewed { actor, via });
}

/// Somebody typed something and the caller answered, and the lease was kept.
fn typed(talk: &mut Talk) {
    for n in 0..4 {
        renew(talk, TakeoverVia::Keyboard);
        talk.pass(1_500);
        if n == 1 {
            let said = talk.say(
                "s",
                "This is Mia, I can do that.",
                SayMode::Verbatim,
                SayWhen::Now,
            );
            assert_eq!(said, St::Applied);
        }
    }
    talk.caller("Oh, thank you!");
}

#[test]
fn by_keyboard_a_person_speaks_and_the_agent_goes_on_knowing_it() {
    for engine in [Engine::Relay, Engine::Gather, Engine::Realtime] {
        let mut talk = Talk::with(on(engine));
        talk.put(Input::Connected);
        talk.put(Input::AgentSpeaking { on: true });
        talk.put(Input::AgentSpeaking { on: false });
        talk.pass(30_000);
        talk.caller("Can you move it?");
        talk.token("I am afraid that");
        assert_eq!(talk.act("t", take(TakeoverVia::Keyboard)), St::Applied);
        assert_eq!(talk.core.state(), Some(S::HumanSpeaking));
        assert!(talk.open.is_none(), "{engine}: the agent stops at once");
        let stopped = talk
            .effects
            .iter()
            .any(|e| matches!(e, Effect::Hush | Effect::StopVoice));
        assert!(stopped, "{engine}");
        let asked = talk.asked.len();
        typed(&mut talk);
        assert_eq!(talk.asked.len(), asked, "{engine}: the model is not asked");
        assert!(
            talk.lines()
                .contains(&(Speaker::Supervisor, "This is Mia, I can do that.".to_owned()))
        );
        talk.pass(1_000);
        let note = Action::Handback {
            note: Some("moved to Thursday".to_owned()),
        };
        assert_eq!(talk.act("h", note), St::Applied);
        talk.put(Input::AgentSpeaking { on: true });
        talk.put(Input::AgentSpeaking { on: false });
        talk.pass(20_000);
        assert!(
            talk.open.is_some() || talk.asked.len() > asked,
            "{engine}: the agent goes on"
        );
        if engine == Engine::Realtime {
            let told = |effect: &Effect| matches!(effect, Effect::Remember(message) if message.content.contains("moved to Thursday"));
            assert!(talk.effects.iter().any(told));
        } else {
            for known in ["moved to Thursday", "Mia", "Oh, thank you!", "I can do that"] {
                assert!(talk.context_text().contains(known), "{engine}: {known}");
            }
        }
        assert_eq!(
            changes(&talk),
            [TakeoverReason::Taken, TakeoverReason::HandedBack]
        );
        let again = talk.act("h2", Action::Handback { note: None });
        assert!(matches!(again, St::Failed { code, .. } if code == "not_taken_over"));
    }
}

#[test]
fn a_lease_that_is_not_renewed_gives_the_call_back_once() {
    let mut talk = Talk::listening_with(patient());
    assert_eq!(talk.act("t", take(TakeoverVia::Keyboard)), St::Applied);
    talk.pass(3_000);
    // A repeat by who holds it renews it as well.
    assert_eq!(talk.act("t2", take(TakeoverVia::Keyboard)), St::Applied);
    talk.pass(4_900);
    assert_eq!(talk.core.state(), Some(S::HumanSpeaking));
    talk.put(Input::TakeoverRenewed {
        actor: ben().id,
        via: TakeoverVia::Keyboard,
    });
    talk.pass(200);
    assert_eq!(changes(&talk), [TakeoverReason::Taken, TakeoverReason::Lapsed]);
    assert!(talk.open.is_some(), "the agent goes on");
    talk.put(Input::TakeoverLapsed {
        actor: mia().id,
        via: TakeoverVia::Keyboard,
    });
    assert_eq!(changes(&talk).len(), 2);

    let mut talk = Talk::listening_with(patient());
    talk.act("t", take(TakeoverVia::Keyboard));
    talk.put(Input::TakeoverLapsed {
        actor: mia().id,
        via: TakeoverVia::Microphone,
    });
    assert_eq!(talk.core.state(), Some(S::HumanSpeaking), "another socket's end");
    talk.put(Input::TakeoverLapsed {
        actor: mia().id,
        via: TakeoverVia::Keyboard,
    });
    assert_eq!(changes(&talk), [TakeoverReason::Taken, TakeoverReason::Lapsed]);
}

#[test]
fn a_microphone_needs_an_engine_with_sound_and_is_the_only_voice() {
    for engine in [Engine::Relay, Engine::Gather] {
        let mut talk = Talk::with(on(engine));
        talk.put(Input::Connected);
        let refused = talk.act("t", take(TakeoverVia::Microphone));
        assert!(matches!(refused, St::Failed { code, .. } if code == "engine_has_no_sound"));
    }
    let mut talk = Talk::with(on(Engine::Realtime));
    talk.put(Input::Connected);
    assert_eq!(talk.act("t", take(TakeoverVia::Microphone)), St::Applied);
    assert!(talk.has(&Effect::Voice { on: true }) && talk.has(&Effect::Hush));
    assert_eq!(talk.core.taken_over(), Some((&mia(), TakeoverVia::Microphone)));
    let said = talk.say("s", "Hello", SayMode::Verbatim, SayWhen::Now);
    assert!(matches!(said, St::Failed { code, .. } if code == "microphone_open"));
    let line = ItemId::new();
    talk.put(Input::SupervisorWords {
        line,
        actor: mia(),
        text: "I moved it to Thursday.".to_owned(),
    });
    let turn = ItemId::new();
    talk.put(Input::CallerTurn {
        line: turn,
        quiet_ms: 500,
    });
    assert!(talk.open.is_none(), "a person answers");
    assert_eq!(talk.act("h", Action::Handback { note: None }), St::Applied);
    assert!(matches!(
        talk.effects
            .iter()
            .rev()
            .find(|effect| matches!(effect, Effect::Voice { .. })),
        Some(Effect::Voice { on: false })
    ));
    assert!(talk.open.is_some());
    let told = talk.effects.iter().filter(|effect| {
        matches!(effect, Effect::Remember(message) if message.content.contains("I moved it to Thursday."))
    });
    assert_eq!(told.count(), 1);
}

#[test]
fn what_ends_a_takeover_besides_its_holder() {
    let mut talk = Talk::listening_with(patient());
    talk.act("t", take(TakeoverVia::Keyboard));
    let held = talk.act("h", Action::Hold);
    assert!(matches!(held, St::Failed { code, .. } if code == "taken_over"));
    talk.act("x", transfer("billing", None));
    assert_eq!(changes(&talk), [TakeoverReason::Taken, TakeoverReason::Ended]);

    let mut talk = Talk::listening_with(patient());
    talk.act("t", take(TakeoverVia::Keyboard));
    assert_eq!(talk.snapshot().attention[0].kind, AttentionKind::Takeover);
    talk.put(Input::CallerHungUp);
    assert_eq!(changes(&talk), [TakeoverReason::Taken, TakeoverReason::Ended]);
    let after = talk.snapshot();
    assert!(after.takeover.is_none() && after.claimed_by.is_none() && after.attention.is_empty());
}

#[test]
fn another_instance_goes_on_with_who_speaks() {
    let mut talk = Talk::listening_with(patient());
    talk.act("t", take(TakeoverVia::Keyboard));
    let now: Now = talk.now();
    let core = Core::resume(talk.core.plan().clone(), &talk.snapshot(), now);
    let mut next = Talk::around(
        core,
        talk.ms,
        now.at - chrono::TimeDelta::milliseconds(talk.ms.cast_signed()),
    );
    next.put(Input::Connected);
    assert_eq!(next.core.state(), Some(S::HumanSpeaking));
    assert!(next.open.is_none());
    assert!(next.core.card().claimed_by.is_some());
    next.pass(5_100);
    assert_eq!(changes(&next), [TakeoverReason::Lapsed]);
    assert!(next.open.is_some());
}
