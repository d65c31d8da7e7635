// Short names for what the generated schema holds.
import type { components } from './schema.gen';

type Schemas = components['schemas'];

export type ApiKey = Schemas['ApiKey'];
export type AvailableNumber = Schemas['AvailableNumberView'];
export type Call = Schemas['CallView'];
export type Capability = Schemas['CapabilityView'];
export type CapabilityNote = Schemas['NoteView'];
export type CallStatus = Schemas['CallStatus'];
export type ConversationState = Schemas['ConversationState'];
export type Engine = Schemas['Engine'];
export type EndedBy = Schemas['EndedBy'];
export type EndedReason = Schemas['EndedReason'];
export type Export = Schemas['ExportView'];
export type Fault = Schemas['Fault'];
export type Fallback = Schemas['FallbackView'];
export type GreetingPolicy = Schemas['GreetingPolicyView'];
export type Model = Schemas['ModelView'];
export type Permission = Schemas['Permission'];
export type Personality = Schemas['PersonalityView'];
export type PersonalityPatch = Schemas['PatchPersonalityRequest'];
export type PhoneNumber = Schemas['NumberView'];
export type Price = Schemas['PriceView'];
export type RealtimeSettings = Schemas['RealtimeSettingsView'];
export type Scope = Schemas['Scope'];
export type Session = Schemas['Session'];
export type Usage = Schemas['UsageView'];
export type UsageRow = Schemas['UsageRowView'];
export type Voice = Schemas['VoiceView'];
