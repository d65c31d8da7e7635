//! How a session is set up. Audio is mu-law both ways, which names no rate here.

use serde_json::{Map, Value, json};

/// Bounds of the service.
const IDLE_TIMEOUT_MS: std::ops::RangeInclusive<u32> = 5_000..=30_000;
const SPEED: std::ops::RangeInclusive<f64> = 0.25..=1.5;
const OUTPUT_TOKENS: std::ops::RangeInclusive<u32> = 1..=4_096;

/// How it is found out that the caller has begun or ended a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum TurnDetection {
    /// Not by the server: we commit the audio and ask for replies.
    Manual,
    /// By the loudness of the audio.
    ServerVad {
        /// How loud speech is, 0 to 1.
        threshold: f64,
        /// Audio before the speech that belongs to it.
        prefix_padding_ms: u32,
        /// Silence that ends a turn.
        silence_duration_ms: u32,
        /// Silence after which the server asks the model anyway, 5 to 30 seconds.
        idle_timeout_ms: Option<u32>,
        /// Whether the server asks for a reply at the end of a turn.
        create_response: bool,
        /// Whether the server stops a reply when the caller speaks.
        interrupt_response: bool,
    },
    /// By what is said.
    SemanticVad {
        /// How soon a turn is taken for ended.
        eagerness: Eagerness,
        /// Whether the server asks for a reply at the end of a turn.
        create_response: bool,
        /// Whether the server stops a reply when the caller speaks.
        interrupt_response: bool,
    },
}

impl TurnDetection {
    /// Loudness with values that suit a telephone. Every value is named: the service's own defaults differ
    /// from what it documents.
    #[must_use]
    pub fn server_vad(create_response: bool, interrupt_response: bool) -> Self {
        Self::ServerVad {
            threshold: 0.5,
            prefix_padding_ms: 300,
            silence_duration_ms: 500,
            idle_timeout_ms: None,
            create_response,
            interrupt_response,
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Manual => Value::Null,
            Self::ServerVad {
                threshold,
                prefix_padding_ms,
                silence_duration_ms,
                idle_timeout_ms,
                create_response,
                interrupt_response,
            } => json!({
                "type": "server_vad", "threshold": threshold, "prefix_padding_ms": prefix_padding_ms,
                "silence_duration_ms": silence_duration_ms, "idle_timeout_ms": idle_timeout_ms,
                "create_response": create_response, "interrupt_response": interrupt_response,
            }),
            Self::SemanticVad {
                eagerness,
                create_response,
                interrupt_response,
            } => json!({
                "type": "semantic_vad", "eagerness": eagerness.as_str(),
                "create_response": create_response, "interrupt_response": interrupt_response,
            }),
        }
    }

    fn check(&self) -> Result<(), InvalidConfig> {
        let Self::ServerVad {
            threshold,
            idle_timeout_ms,
            ..
        } = self
        else {
            return Ok(());
        };
        if !(0.0..=1.0).contains(threshold) {
            return Err(InvalidConfig("turn_detection.threshold"));
        }
        if idle_timeout_ms.is_some_and(|ms| !IDLE_TIMEOUT_MS.contains(&ms)) {
            return Err(InvalidConfig("turn_detection.idle_timeout_ms"));
        }
        Ok(())
    }
}

/// How soon a turn is taken for ended by what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Eagerness {
    /// Waits up to 8 seconds.
    Low,
    /// Up to 4 seconds.
    Medium,
    /// Up to 2 seconds.
    High,
    /// As the service likes.
    #[default]
    Auto,
}

impl Eagerness {
    fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Auto => "auto",
        }
    }
}

/// Writing down what the caller says; billed apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcription {
    /// Model by its name on the wire.
    pub model: String,
    /// Language, if known.
    pub language: Option<String>,
    /// Words to expect.
    pub keywords: Vec<String>,
}

impl Transcription {
    fn to_json(&self) -> Value {
        let mut transcription = Map::new();
        transcription.insert("model".to_owned(), json!(self.model));
        if let Some(language) = &self.language {
            transcription.insert("language".to_owned(), json!(language));
        }
        if !self.keywords.is_empty() {
            transcription.insert("keywords".to_owned(), json!(self.keywords));
        }
        Value::Object(transcription)
    }
}

/// Which noise is taken out before the model hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoiseReduction {
    /// A handset.
    NearField,
    /// A speakerphone.
    FarField,
}

/// How long the model thinks; only models that think know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Hardly.
    Minimal,
    /// A little: right for calls.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
}

impl Effort {
    fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A function that the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema of its arguments, an object.
    pub parameters: Map<String, Value>,
}

impl Tool {
    fn to_json(&self) -> Value {
        json!({
            "type": "function", "name": self.name, "description": self.description, "parameters": self.parameters,
        })
    }
}

/// Whether functions are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    /// As the model likes.
    Auto,
    /// Never.
    None,
    /// Always some.
    Required,
    /// Always this one.
    Function(String),
}

impl ToolChoice {
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Auto => json!("auto"),
            Self::None => json!("none"),
            Self::Required => json!("required"),
            Self::Function(name) => json!({ "type": "function", "name": name }),
        }
    }
}

/// A value that the service would refuse, and with it the whole session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("session setting {0} is out of range")]
pub struct InvalidConfig(
    /// Which.
    pub &'static str,
);

/// A whole session: nothing is left to the service's defaults that matters to a call.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionConfig {
    /// Who the agent is.
    pub instructions: String,
    /// A voice of this service; cannot change once the agent has spoken.
    pub voice: String,
    /// Speed of the voice, 0.25 to 1.5.
    pub speed: Option<f64>,
    /// When the caller has finished.
    pub turn_detection: TurnDetection,
    /// Whether the caller's words are written down.
    pub transcription: Option<Transcription>,
    /// Which noise is taken out.
    pub noise_reduction: Option<NoiseReduction>,
    /// Functions.
    pub tools: Vec<Tool>,
    /// Whether they are called.
    pub tool_choice: ToolChoice,
    /// Most tokens of a reply, 1 to 4,096; no limit otherwise.
    pub max_output_tokens: Option<u32>,
    /// How long the model thinks; leave it out for models that do not.
    pub effort: Option<Effort>,
    /// How much of the talk is kept when it has grown too long, 0 to 1.
    pub retention_ratio: Option<f64>,
    /// Whether the agent writes its answers instead of speaking them.
    pub writes: bool,
}

impl SessionConfig {
    /// As the session names it: one that was made for one customer by its id.
    fn voice(&self) -> Value {
        match crate::catalog::is_custom_voice(&self.voice) {
            true => json!({ "id": self.voice }),
            false => json!(self.voice),
        }
    }

    /// A spoken session with our usual settings.
    #[must_use]
    pub fn new(instructions: impl Into<String>, voice: impl Into<String>) -> Self {
        Self {
            instructions: instructions.into(),
            voice: voice.into(),
            speed: None,
            turn_detection: TurnDetection::server_vad(true, true),
            transcription: None,
            noise_reduction: None,
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            max_output_tokens: None,
            effort: None,
            retention_ratio: None,
            writes: false,
        }
    }

    /// Looks for values that the service would refuse.
    ///
    /// # Errors
    /// The first of them.
    pub fn check(&self) -> Result<(), InvalidConfig> {
        self.turn_detection.check()?;
        if self.speed.is_some_and(|speed| !SPEED.contains(&speed)) {
            return Err(InvalidConfig("speed"));
        }
        if self
            .max_output_tokens
            .is_some_and(|most| !OUTPUT_TOKENS.contains(&most))
        {
            return Err(InvalidConfig("max_output_tokens"));
        }
        if self
            .retention_ratio
            .is_some_and(|ratio| !(0.0..=1.0).contains(&ratio))
        {
            return Err(InvalidConfig("retention_ratio"));
        }
        Ok(())
    }

    pub(super) fn to_json(&self) -> Value {
        let noise = self.noise_reduction.map(|noise| {
            json!({ "type": match noise {
                NoiseReduction::NearField => "near_field",
                NoiseReduction::FarField => "far_field",
            } })
        });
        let mut session = json!({
            "type": "realtime",
            "instructions": self.instructions,
            "output_modalities": [if self.writes { "text" } else { "audio" }],
            "audio": {
                "input": {
                    "format": { "type": "audio/pcmu" },
                    "transcription": self.transcription.as_ref().map(Transcription::to_json),
                    "noise_reduction": noise,
                    "turn_detection": self.turn_detection.to_json(),
                },
                "output": { "format": { "type": "audio/pcmu" }, "voice": self.voice(), "speed": self.speed.unwrap_or(1.0) },
            },
            "tools": self.tools.iter().map(Tool::to_json).collect::<Vec<_>>(),
            "tool_choice": self.tool_choice.to_json(),
            "max_output_tokens": self.max_output_tokens.map_or_else(|| json!("inf"), |most| json!(most)),
        });
        if let Some(effort) = self.effort {
            session["reasoning"] = json!({ "effort": effort.as_str() });
        }
        if let Some(ratio) = self.retention_ratio {
            session["truncation"] = json!({ "type": "retention_ratio", "retention_ratio": ratio });
        }
        session
    }
}

/// What changes in a running session; everything else stays. If one value is refused, all are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionPatch {
    /// Who the agent is.
    pub instructions: Option<String>,
    /// When the caller has finished.
    pub turn_detection: Option<TurnDetection>,
    /// Functions.
    pub tools: Option<Vec<Tool>>,
    /// Whether they are called.
    pub tool_choice: Option<ToolChoice>,
}

impl SessionPatch {
    pub(super) fn to_json(&self) -> Value {
        let mut session = json!({ "type": "realtime" });
        if let Some(instructions) = &self.instructions {
            session["instructions"] = json!(instructions);
        }
        if let Some(turns) = &self.turn_detection {
            session["audio"] = json!({ "input": { "turn_detection": turns.to_json() } });
        }
        if let Some(tools) = &self.tools {
            session["tools"] = tools.iter().map(Tool::to_json).collect();
        }
        if let Some(choice) = &self.tool_choice {
            session["tool_choice"] = choice.to_json();
        }
        session
    }
}
