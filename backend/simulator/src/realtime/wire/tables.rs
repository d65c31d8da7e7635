//! What clients may send: every event, every member.

use super::checks::{any_object, function_name, item_id, metadata, modalities, voice};
use super::shape::Shape::{
    Any, Bool, Checked, Either, List, Nullable, Number, Object, OneOf, Tagged, Text, TextUpTo, Whole,
};
use super::shape::{Field, Shape, may, must};

const EFFORTS: &[&str] = &["minimal", "low", "medium", "high", "xhigh"];
/// Most tokens a reply may have.
const OUTPUT_TOKENS: i64 = 4_096;

const KIND: Shape = Text;
const EVENT_ID: Field = may("event_id", TextUpTo(512));

const FORMAT: Shape = Tagged(&[
    (
        "audio/pcm",
        &[must("type", KIND), must("rate", Whole(24_000, 24_000))],
    ),
    ("audio/pcmu", &[must("type", KIND)]),
    ("audio/pcma", &[must("type", KIND)]),
]);
const VOICE: Shape = Checked(voice);
const TRANSCRIPTION: Shape = Nullable(&Object(&[
    may(
        "model",
        OneOf(&[
            "whisper-1",
            "gpt-transcribe",
            "gpt-live-transcribe",
            "gpt-4o-mini-transcribe",
            "gpt-4o-mini-transcribe-2025-12-15",
            "gpt-4o-transcribe",
            "gpt-4o-transcribe-diarize",
            "gpt-realtime-whisper",
        ]),
    ),
    may("language", Text),
    may("languages", List(&Text)),
    may("keywords", List(&Text)),
    may("prompt", Text),
    may("delay", OneOf(EFFORTS)),
]));
const NOISE: Shape = Nullable(&Object(&[
    must("type", OneOf(&["near_field", "far_field"])),
    may("strength", Number(0.0, 1.0)),
]));
const TURNS: Shape = Nullable(&Tagged(&[
    (
        "server_vad",
        &[
            must("type", KIND),
            may("threshold", Number(0.0, 1.0)),
            may("prefix_padding_ms", Whole(0, 10_000)),
            may("silence_duration_ms", Whole(0, 10_000)),
            may("idle_timeout_ms", Nullable(&Whole(5_000, 30_000))),
            may("create_response", Bool),
            may("interrupt_response", Bool),
        ],
    ),
    (
        "semantic_vad",
        &[
            must("type", KIND),
            may("eagerness", OneOf(&["low", "medium", "high", "auto"])),
            may("create_response", Bool),
            may("interrupt_response", Bool),
        ],
    ),
]));
const INPUT: Shape = Object(&[
    may("format", FORMAT),
    may("transcription", TRANSCRIPTION),
    may("noise_reduction", NOISE),
    may("turn_detection", TURNS),
]);
const TOOLS: Shape = List(&Tagged(&[
    (
        "function",
        &[
            must("type", KIND),
            must("name", Checked(function_name)),
            may("description", Text),
            may("parameters", Object_),
        ],
    ),
    (
        "mcp",
        &[
            must("type", KIND),
            must("server_label", Text),
            may("server_url", Text),
            may("connector_id", Text),
            may("tunnel_id", Text),
            may("authorization", Text),
            may("server_description", Text),
            may("headers", Any),
            may("allowed_tools", Any),
            may("allowed_callers", Any),
            may("require_approval", Any),
            may("defer_loading", Bool),
        ],
    ),
]));
/// An object whose members are nobody's business here.
#[expect(non_upper_case_globals, reason = "reads like the other shapes in the tables")]
const Object_: Shape = Checked(any_object);
const TOOL_CHOICE: Shape = Either(&[
    Tagged(&[
        ("function", &[must("type", KIND), must("name", Text)]),
        (
            "mcp",
            &[
                must("type", KIND),
                must("server_label", Text),
                may("name", Nullable(&Text)),
            ],
        ),
    ]),
    OneOf(&["none", "auto", "required"]),
]);
const MOST_TOKENS: Shape = Either(&[OneOf(&["inf"]), Whole(1, OUTPUT_TOKENS)]);
const REASONING: Shape = Object(&[may("effort", OneOf(EFFORTS))]);
const MODALITIES: Shape = Checked(modalities);
const INCLUDE: Field = may(
    "include",
    List(&OneOf(&["item.input_audio_transcription.logprobs"])),
);

/// The session of a talk.
pub(crate) const SESSION: Shape = Object(&[
    must("type", OneOf(&["realtime"])),
    may("model", Text),
    may("output_modalities", MODALITIES),
    may("instructions", Text),
    may(
        "audio",
        Object(&[
            may("input", INPUT),
            may(
                "output",
                Object(&[
                    may("format", FORMAT),
                    may("voice", VOICE),
                    may("speed", Number(0.25, 1.5)),
                ]),
            ),
        ]),
    ),
    INCLUDE,
    may(
        "tracing",
        Nullable(&Either(&[
            OneOf(&["auto"]),
            Object(&[
                may("workflow_name", Text),
                may("group_id", Text),
                may("metadata", Any),
            ]),
        ])),
    ),
    may("tools", TOOLS),
    may("tool_choice", TOOL_CHOICE),
    may("parallel_tool_calls", Bool),
    may("reasoning", REASONING),
    may("max_output_tokens", MOST_TOKENS),
    may(
        "truncation",
        Either(&[
            OneOf(&["auto", "disabled"]),
            Tagged(&[(
                "retention_ratio",
                &[
                    must("type", KIND),
                    must("retention_ratio", Number(0.0, 1.0)),
                    may(
                        "token_limits",
                        Object(&[may("post_instructions", Whole(0, i64::MAX))]),
                    ),
                ],
            )]),
        ]),
    ),
    may("prompt", Any),
]);

/// A session that only writes down.
pub(crate) const TRANSCRIPTION_SESSION: Shape = Object(&[
    must("type", OneOf(&["transcription"])),
    may("audio", Object(&[may("input", INPUT)])),
    INCLUDE,
]);

const CONTENT: Shape = List(&Tagged(&[
    ("input_text", &[must("type", KIND), must("text", Text)]),
    (
        "input_audio",
        &[
            must("type", KIND),
            may("audio", Text),
            may("transcript", Nullable(&Text)),
        ],
    ),
    (
        "input_image",
        &[must("type", KIND), may("image_url", Text), may("detail", Text)],
    ),
    ("output_text", &[must("type", KIND), must("text", Text)]),
    (
        "output_audio",
        &[
            must("type", KIND),
            may("audio", Text),
            may("transcript", Nullable(&Text)),
        ],
    ),
]));
const ITEM_ID: Field = may("id", Checked(item_id));
const ITEM_OBJECT: Field = may("object", OneOf(&["realtime.item"]));
const STATUS: Field = may("status", OneOf(&["completed", "incomplete", "in_progress"]));
/// An item that is put into the talk.
pub(crate) const ITEM: Shape = Tagged(&[
    (
        "message",
        &[
            must("type", KIND),
            ITEM_ID,
            ITEM_OBJECT,
            STATUS,
            must("role", OneOf(&["system", "user", "assistant"])),
            must("content", CONTENT),
        ],
    ),
    (
        "function_call",
        &[
            must("type", KIND),
            ITEM_ID,
            ITEM_OBJECT,
            STATUS,
            may("call_id", Text),
            must("name", Text),
            must("arguments", Text),
        ],
    ),
    (
        "function_call_output",
        &[
            must("type", KIND),
            ITEM_ID,
            ITEM_OBJECT,
            STATUS,
            must("call_id", Text),
            must("output", Text),
        ],
    ),
    (
        "mcp_approval_response",
        &[
            must("type", KIND),
            ITEM_ID,
            must("approval_request_id", Text),
            must("approve", Bool),
            may("reason", Nullable(&Text)),
        ],
    ),
    ("item_reference", &[must("type", KIND), must("id", Text)]),
]);

/// The parameters of `response.create`.
const RESPONSE: Shape = Object(&[
    may("output_modalities", MODALITIES),
    may("instructions", Text),
    may(
        "audio",
        Object(&[may(
            "output",
            Object(&[may("format", FORMAT), may("voice", VOICE)]),
        )]),
    ),
    may("tools", TOOLS),
    may("tool_choice", TOOL_CHOICE),
    may("parallel_tool_calls", Bool),
    may("reasoning", REASONING),
    may("max_output_tokens", MOST_TOKENS),
    may("conversation", OneOf(&["auto", "none"])),
    may("metadata", Nullable(&Checked(metadata))),
    may("prompt", Any),
    may("input", List(&ITEM)),
]);

/// Every event a client may send, and what it consists of. The session of an update is looked at on its own.
pub(crate) const EVENTS: &[(&str, &[Field])] = &[
    (
        "session.update",
        &[must("type", KIND), EVENT_ID, must("session", Object_)],
    ),
    (
        "input_audio_buffer.append",
        &[must("type", KIND), EVENT_ID, must("audio", Text)],
    ),
    ("input_audio_buffer.commit", &[must("type", KIND), EVENT_ID]),
    ("input_audio_buffer.clear", &[must("type", KIND), EVENT_ID]),
    ("output_audio_buffer.clear", &[must("type", KIND), EVENT_ID]),
    (
        "conversation.item.create",
        &[
            must("type", KIND),
            EVENT_ID,
            may("previous_item_id", Nullable(&Text)),
            must("item", ITEM),
        ],
    ),
    (
        "conversation.item.retrieve",
        &[must("type", KIND), EVENT_ID, must("item_id", Text)],
    ),
    (
        "conversation.item.delete",
        &[must("type", KIND), EVENT_ID, must("item_id", Text)],
    ),
    (
        "conversation.item.truncate",
        &[
            must("type", KIND),
            EVENT_ID,
            must("item_id", Text),
            must("content_index", Whole(0, i64::MAX)),
            must("audio_end_ms", Whole(0, i64::MAX)),
        ],
    ),
    (
        "response.create",
        &[must("type", KIND), EVENT_ID, may("response", Nullable(&RESPONSE))],
    ),
    (
        "response.cancel",
        &[must("type", KIND), EVENT_ID, may("response_id", Nullable(&Text))],
    ),
];
