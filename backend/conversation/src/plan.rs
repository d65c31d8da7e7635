//! Everything a call needs to know, read once before it starts and never changed.

use phony_kernel::call::{Channel, Direction, Engine};
use phony_kernel::recording::PersonalityRecording;
use phony_kernel::{CallId, E164, NumberId, PersonalityId, TenantId};
use serde::{Deserialize, Serialize};

mod asking;
mod transfer;
mod voice;

pub use asking::{
    ApprovalMode, ApprovalSettings, ApprovalTimeout, ClarificationSettings, ClarificationTimeout,
};
pub use transfer::{TransferTarget, Waiting};
pub use voice::{
    Eagerness, Fallback, GreetingPolicy, NoiseReduction, RealtimeSettings, ReasoningEffort, TurnDetection,
};

/// The immutable plan of one call.
#[derive(Debug, Clone)]
pub struct CallPlan {
    /// Whose call it is.
    pub tenant: TenantId,
    /// Our id of the call.
    pub call: CallId,
    /// The carrier's id of the call (`CA…`).
    pub call_sid: String,
    /// What it runs over.
    pub channel: Channel,
    /// Which way it goes.
    pub direction: Direction,
    /// How it is spoken.
    pub engine: Engine,
    /// Whether the caller reads and writes, in a browser, instead of hearing and speaking.
    pub typed: bool,
    /// Whether a test key made it: it talks by the test models.
    pub test: bool,
    /// Number of ours that it runs over; none on the web.
    pub number: Option<NumberId>,
    /// The other party as the carrier named it; may be a withheld form.
    pub from: String,
    /// The number that was called.
    pub to: String,
    /// Who talks.
    pub personality: Personality,
    /// Limits and behaviours.
    pub policy: Policy,
}

impl CallPlan {
    /// The model that answers, by its name on the wire.
    #[must_use]
    pub fn model_name(&self) -> &str {
        let speech = match self.engine {
            Engine::Realtime => self.personality.realtime.model.as_deref(),
            _ => None,
        };
        speech.unwrap_or(&self.personality.model)
    }

    /// The engine that goes on with the call when this one has failed.
    #[must_use]
    pub fn fallback_engine(&self) -> Option<Engine> {
        self.policy
            .fallback_engine
            .filter(|other| *other != self.engine && self.engine == Engine::Realtime)
    }

    /// The number of ours that the call runs over; none on the web.
    #[must_use]
    pub fn our_number(&self) -> Option<E164> {
        self.number?;
        let ours = match self.direction {
            Direction::Inbound => &self.to,
            Direction::Outbound => &self.from,
        };
        E164::from_canonical(ours).ok()
    }

    /// The number that somebody sees to whom the caller is sent: the caller's own, unless it is withheld or we had
    /// called.
    #[must_use]
    pub fn shown_number(&self) -> Option<E164> {
        let caller = match self.direction {
            Direction::Inbound => E164::from_canonical(&self.from).ok(),
            Direction::Outbound => None,
        };
        caller.or_else(|| self.our_number())
    }

    /// A small plan, for tests and examples.
    #[must_use]
    pub fn example() -> Self {
        Self {
            tenant: TenantId::new(),
            call: CallId::new(),
            call_sid: "CA00000000000000000000000000000001".to_owned(),
            channel: Channel::Phone,
            direction: Direction::Inbound,
            engine: Engine::Relay,
            typed: false,
            test: false,
            number: Some(NumberId::new()),
            from: "+14155550100".to_owned(),
            to: "+14155550101".to_owned(),
            personality: Personality {
                id: PersonalityId::new(),
                version: 1,
                name: "Ava".to_owned(),
                system_prompt: "You answer the phone of a bicycle shop.".to_owned(),
                greeting: Some("Hello, this is Ava. How can I help?".to_owned()),
                voice: "alloy".to_owned(),
                language: "en-US".to_owned(),
                response_style: "Short and warm.".to_owned(),
                traits: vec!["patient".to_owned()],
                examples: Vec::new(),
                model: "gpt-6-luna".to_owned(),
                transfer_targets: Vec::new(),
                greeting_policy: GreetingPolicy::AgentFirst,
                realtime: RealtimeSettings::default(),
                fallback: Fallback::Relay,
                recording: PersonalityRecording::default(),
                approval: ApprovalSettings::default(),
                clarification: ClarificationSettings::default(),
            },
            policy: Policy::default(),
        }
    }
}

/// Who talks: one version of a personality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Personality {
    /// Its id.
    pub id: PersonalityId,
    /// Which version.
    pub version: i32,
    /// Display name.
    pub name: String,
    /// What it is told to be.
    pub system_prompt: String,
    /// First words, or with a generated greeting what they should come to; none lets the caller speak first.
    pub greeting: Option<String>,
    /// Voice by its catalogue name (`alloy`).
    pub voice: String,
    /// Main language, BCP 47.
    pub language: String,
    /// How it answers, in a sentence.
    pub response_style: String,
    /// Traits, single words.
    pub traits: Vec<String>,
    /// Example exchanges.
    pub examples: Vec<Exchange>,
    /// Language model by name.
    pub model: String,
    /// Whom it may hand a caller to; empty is nobody.
    pub transfer_targets: Vec<TransferTarget>,
    /// Who speaks first.
    #[serde(default)]
    pub greeting_policy: GreetingPolicy,
    /// Settings of the `realtime` engine.
    #[serde(default)]
    pub realtime: RealtimeSettings,
    /// What goes on with a call whose engine has failed for good.
    #[serde(default)]
    pub fallback: Fallback,
    /// Whether its calls are recorded, and in which words callers are told.
    #[serde(default)]
    pub recording: PersonalityRecording,
    /// Whether people decide on what it says before it is said.
    #[serde(default)]
    pub approval: ApprovalSettings,
    /// How long its questions wait for an answer.
    #[serde(default)]
    pub clarification: ClarificationSettings,
}

/// One example of how the personality talks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What a caller says.
    pub caller: String,
    /// What the agent answers.
    pub agent: String,
}

/// Limits and behaviours of a call. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Silence of the caller before each no-input prompt.
    pub no_input_ms: u64,
    /// Said in turn when the caller stays silent; after the last one the call ends.
    pub no_input_prompts: Vec<String>,
    /// Said before an ending for silence.
    pub goodbye: String,
    /// Said when the model fails and no other answer is left.
    pub apology: String,
    /// Said before the caller goes to a colleague, because the agent fails.
    pub handing_over: String,
    /// The engine that goes on when the one of the call has failed.
    pub fallback_engine: Option<Engine>,
    /// Said while a supervisor is asked.
    pub one_moment: String,
    /// Said before an ending because the longest call is reached.
    pub time_is_up: String,
    /// Longest call.
    pub max_duration_ms: u64,
    /// How long the model may take to its first token.
    pub first_token_ms: u64,
    /// Time a supervisor has to answer a clarification.
    pub clarification_ms: u64,
    /// What happens when that time is over.
    pub clarification_on_timeout: ClarificationTimeout,
    /// Which replies people decide on before they are said.
    pub approval: ApprovalMode,
    /// Time that they have.
    pub approval_ms: u64,
    /// What happens when that time is over.
    pub approval_on_timeout: ApprovalTimeout,
    /// Said when nobody is there to help.
    pub offer_callback: String,
    /// Said while the agent is stopped, because a person takes the call over by keyboard.
    pub taken_over: String,
    /// Inline commands a minute.
    pub commands_per_minute: u32,
    /// Clarifications a call.
    pub max_clarifications: u32,
    /// Whether the call is recorded or may be: the agent then knows how to leave card data out.
    pub recordable: bool,
    /// What is said and for how long while the caller waits or is handed over.
    pub waiting: Waiting,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            no_input_ms: 8_000,
            no_input_prompts: vec![
                "Sorry, I did not hear anything. How can I help?".to_owned(),
                "Are you still there?".to_owned(),
            ],
            goodbye: "I cannot hear you, so I will hang up now. Please call again any time. Goodbye."
                .to_owned(),
            apology: "I am sorry, something is not working on my side. Please call again in a moment."
                .to_owned(),
            handing_over:
                "I am sorry, something is not working on my side. I am connecting you with a colleague."
                    .to_owned(),
            fallback_engine: Some(Engine::Relay),
            one_moment: "One moment please, I am checking that for you.".to_owned(),
            time_is_up: "I am sorry, our time is up, so I have to end this call now. Goodbye.".to_owned(),
            max_duration_ms: 3_600_000,
            first_token_ms: 8_000,
            clarification_ms: 30_000,
            clarification_on_timeout: ClarificationTimeout::OfferCallback,
            approval: ApprovalMode::Off,
            approval_ms: 15_000,
            approval_on_timeout: ApprovalTimeout::HoldAndAskAgain,
            offer_callback: "I am sorry, I cannot help you with this right now. May somebody call you back?"
                .to_owned(),
            taken_over: "One moment, please.".to_owned(),
            commands_per_minute: 5,
            max_clarifications: 3,
            recordable: false,
            waiting: Waiting::default(),
        }
    }
}
