// What the live socket carries, exactly as the server writes it.
import type { Call, CallStatus, ConversationState, EndedBy, EndedReason, Fault } from '@/api/types';

export type Speaker = 'caller' | 'agent' | 'supervisor' | 'colleague';

export interface Ending {
  reason: EndedReason;
  by: EndedBy;
  fault: Fault;
  detail: string | null;
}

export interface Actor {
  id: string;
  name: string;
}

export type RecordOp = 'start' | 'pause' | 'resume' | 'stop';

/** Sent on, or brought together once somebody has said yes. */
export type TransferKind = 'cold' | 'warm';

/** Which answers of the agent wait for a person before they are spoken. */
export type ApprovalMode = 'off' | 'every_turn' | 'first_turn' | 'on_tools';

/** How a person speaks in the agent's place. */
export type Via = 'microphone' | 'keyboard';

export type Action =
  | { type: 'say'; text: string; mode: 'verbatim' | 'guidance'; when: 'now' | 'after_turn' }
  | { type: 'dtmf'; digits: string }
  | { type: 'transfer'; to: string; kind?: TransferKind; brief?: string }
  | { type: 'hold' }
  | { type: 'unhold' }
  | { type: 'end'; say?: string }
  | { type: 'record'; op: RecordOp }
  | { type: 'clarify'; clarification_id: string; answer?: string; decide?: boolean }
  | { type: 'claim'; take?: boolean }
  | { type: 'release' }
  | { type: 'note'; text: string }
  | { type: 'approval_mode'; mode: ApprovalMode }
  | { type: 'approve'; approval_id: string; text?: string }
  | { type: 'reject'; approval_id: string; guidance?: string }
  | { type: 'takeover'; via: Via }
  | { type: 'handback'; note?: string };

export type ActionStatus =
  | { status: 'accepted' | 'applied' | 'superseded' }
  | { status: 'failed'; code: string; detail: string };

export interface LatencyParts {
  endpoint_wait: number;
  stt_final: number;
  queue: number;
  tool: number;
  approval_wait: number;
  model_first: number;
  tts_first: number;
  carrier_out: number;
}

export interface TurnLatency {
  turn: number;
  total_ms: number;
  parts: LatencyParts;
  unaccounted_ms: number;
}

export interface SpeechBody {
  kind: 'speech';
  speaker: Speaker;
  text: string;
  complete: boolean;
  heard?: string;
  interrupted: boolean;
  /** In which language it was heard, BCP 47, where the engine tells it. */
  language?: string;
}

export interface ClarificationBody {
  kind: 'clarification';
  question: string;
  expires_at: string;
  on_timeout?: ClarificationTimeout;
  answer?: string;
  /** The agent was told to decide itself. */
  decide?: boolean;
  answered_by?: Actor;
  expired: boolean;
}

/** What happens when nobody decides about an answer in time. */
export type ApprovalTimeout = 'speak' | 'hold_and_ask_again' | 'transfer' | 'offer_callback';

export type ClarificationTimeout = 'offer_callback' | 'transfer' | 'decide';

/** An answer that waits for a person. */
export interface OpenApproval {
  approval_id: string;
  item_id: string;
  /** Empty when only commands are held. */
  text: string;
  /** What is done with the answer, in the form `transfer: billing`. */
  commands?: string[];
  expires_at: string;
  on_timeout: ApprovalTimeout;
}

export type ApprovalDecision = 'approved' | 'edited' | 'rejected';
export type ApprovalOutcome = ApprovalTimeout | 'withdrawn';

export interface ApprovalBody {
  kind: 'approval';
  text: string;
  commands?: string[];
  decision?: ApprovalDecision;
  /** The words that were spoken instead. */
  edited?: string;
  guidance?: string;
  /** What was done when nobody decided. */
  did?: ApprovalOutcome;
  by?: Actor;
}

export interface Takeover {
  actor: Actor;
  via: Via;
  since: string;
}

/** What can be done with this call; how it is spoken decides. */
export interface Abilities {
  listen: boolean;
  takeover_microphone: boolean;
  takeover_keyboard: boolean;
  reasons?: { listen?: string; takeover_microphone?: string };
}

export type ItemBody =
  | SpeechBody
  | ClarificationBody
  | { kind: 'dtmf_received'; digits: string }
  | { kind: 'dtmf_sent'; digits: string }
  | { kind: 'command'; command: string; argument: string; done: boolean; refusal?: string }
  | ({ kind: 'intervention'; action_id: string; action: Action; by: Actor } & ActionStatus)
  | { kind: 'transfer'; to: string; transfer_kind?: TransferKind; status: string; reason?: string }
  | { kind: 'note'; text: string; transfer: string }
  | { kind: 'recording'; recording_id: string; status: string; by?: Actor; reason?: string }
  | ApprovalBody
  | { kind: 'supervisor_note'; actor: Actor; text: string }
  | { kind: 'warning'; code: string; detail: string };

export type Item = { id: string; seq: number; at: string; offset_ms: number } & ItemBody;

export type Line<K extends ItemBody['kind']> = Extract<Item, { kind: K }>;

export interface Snapshot {
  seq: number;
  status: CallStatus | null;
  state: ConversationState | null;
  ending: Ending | null;
  items: Item[];
  turns: TurnLatency[];
  cost_amount: string | null;
  /** What the newest recording does; an older server does not say. */
  recording?: string | null;
  /** People whose console shows the call. */
  watchers: Actor[];
  claimed_by: Actor | null;
  takeover: Takeover | null;
  approval_mode: ApprovalMode;
  approvals: OpenApproval[];
  attention: Attention[];
  mood?: Mood | null;
}

export type AttentionKind =
  | 'clarification'
  | 'approval'
  | 'takeover'
  | 'unhappy'
  | 'silent'
  | 'slow'
  | 'long';

/** Why a caller is taken for unhappy. */
export type MoodReason = 'asked_for_person' | 'complains' | 'repeats' | 'interrupts';

export interface Attention {
  kind: AttentionKind;
  since: string;
  expires_at?: string | null;
  reason?: MoodReason | null;
}

export type Mood = -1 | 0 | 1;

/** A call as the wall is told of it; an older server says less. */
export type WallCall = Call & {
  claimed_by?: Actor | null;
  watchers_count?: number;
  attention?: Attention[];
  last_words?: { speaker: Speaker; text: string } | null;
  last_reply_ms?: number | null;
  mood?: Mood | null;
};

export type EventBody =
  | { event: 'call.state'; data: { status: CallStatus; ending?: Ending } }
  | { event: 'conversation.state'; data: { state: ConversationState } }
  | { event: 'speech.started'; data: { item_id: string; speaker: Speaker } }
  | { event: 'speech.partial'; data: { item_id: string; speaker: Speaker; text: string } }
  | { event: 'speech.final'; data: { item_id: string; speaker: Speaker; text: string; language?: string } }
  | { event: 'speech.heard'; data: { item_id: string } }
  | {
      event: 'speech.interrupted';
      data: { item_id: string; heard: string; unheard: string; heard_ms?: number };
    }
  | { event: 'dtmf.received'; data: { item_id: string; digit: string } }
  | { event: 'dtmf.sent'; data: { item_id: string; digits: string } }
  | {
      event: 'command.executed';
      data: { item_id: string; command: string; argument: string; done: boolean; refusal?: string };
    }
  | {
      event: 'clarification.requested';
      data: {
        clarification_id: string;
        question: string;
        expires_at: string;
        on_timeout: ClarificationTimeout;
      };
    }
  | {
      event: 'clarification.answered';
      data: { clarification_id: string; answer: string; decide?: boolean; by: Actor };
    }
  | { event: 'clarification.expired'; data: { clarification_id: string } }
  | { event: 'note.added'; data: { item_id: string; text: string; transfer: string } }
  | {
      event: 'transfer.updated';
      data: { item_id: string; to: string; kind?: TransferKind; status: string; reason?: string };
    }
  | {
      event: 'recording.updated';
      data: { item_id: string; recording_id: string; status: string; by?: Actor; reason?: string };
    }
  | {
      event: 'supervisor.action';
      data: { item_id: string; action_id: string; action: Action; by: Actor } & ActionStatus;
    }
  | { event: 'supervision.joined' | 'supervision.left'; data: { actor: Actor } }
  | { event: 'supervision.claimed'; data: { actor: Actor | null } }
  | { event: 'supervision.noted'; data: { item_id: string; actor: Actor; text: string } }
  | { event: 'attention.changed'; data: { attention: Attention[]; mood?: Mood | null } }
  | { event: 'approval.mode'; data: { mode: ApprovalMode; actor?: Actor | null } }
  | { event: 'approval.requested'; data: OpenApproval }
  | {
      event: 'approval.decided';
      data: {
        approval_id: string;
        decision: ApprovalDecision;
        actor: Actor;
        text?: string | null;
        guidance?: string | null;
      };
    }
  | { event: 'approval.expired'; data: { approval_id: string; did: ApprovalOutcome } }
  | {
      event: 'takeover.changed';
      data: { actor: Actor | null; via: Via | null; reason: 'taken' | 'handed_back' | 'lapsed' | 'ended' };
    }
  | { event: 'call.resumed'; data: { reason: string } }
  | {
      event: 'latency.turn';
      data: { turn: number; total_ms: number; parts: LatencyParts; unaccounted_ms: number };
    }
  | { event: 'cost.tick'; data: { amount: string; currency: string } }
  | { event: 'warning'; data: { item_id: string; code: string; detail: string } };

export type LiveEvent = EventBody & { seq: number; at: string; offset_ms: number };

export type EventFrame = LiveEvent & {
  op: 'event';
  topic: 'calls' | 'call';
  id: string;
  cursor: string;
  call_sid: string;
};

export type SnapshotFrame =
  | { op: 'snapshot'; topic: 'calls'; cursor: string; state: { calls: WallCall[] } }
  | {
      op: 'snapshot';
      topic: 'call';
      id: string;
      cursor: string;
      state: { call: Call; live: Snapshot; abilities?: Abilities | null };
    };

export type ActionFrame = { op: 'action'; action_id: string } & (
  | { status: 'accepted' | 'applied' | 'superseded'; detail?: string }
  | { status: 'failed'; code?: string; detail?: string; problem?: { code?: string; detail?: string } }
);

export interface ErrorFrame {
  op: 'error';
  status: number;
  code: string;
  detail: string;
  request_id?: string;
  topic?: 'calls' | 'call';
  id?: string;
}

export type ServerFrame =
  | EventFrame
  | SnapshotFrame
  | ActionFrame
  | { op: 'gap'; topic: 'calls' | 'call'; id?: string }
  | ErrorFrame;
