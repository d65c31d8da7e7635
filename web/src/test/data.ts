// Objects of the API for tests.
import type {
  ApiKey,
  Call,
  Capability,
  Contact,
  Limits,
  Model,
  NumberPool,
  OutboundPolicy,
  Personality,
  PhoneNumber,
  Price,
  Session,
  TenantSettings,
  Voice,
} from '@/api/types';

export const adminPermissions: Session['permissions'] = [
  'call.read',
  'transcript.read',
  'call.monitor',
  'call.intervene',
  'call.transfer',
  'call.end',
  'number.read',
  'number.buy',
  'number.release',
  'number.configure',
  'personality.read',
  'personality.write',
  'key.read',
  'key.create',
  'key.revoke',
  'usage.read',
  'export.create',
  'call.create',
  'contact.read',
  'contact.write',
  'policy.write',
  'recording.read',
  'recording.write',
  'web_call.create',
  'key.rotate',
  'member.read',
  'member.invite',
  'member.role',
  'member.remove',
  'audit.read',
  'plan.read',
  'plan.change',
  'privacy.read',
  'tenant.export',
  'tenant.close',
  'provider_credential.write',
];

export const viewerPermissions: Session['permissions'] = [
  'call.read',
  'call.monitor',
  'number.read',
  'personality.read',
  'usage.read',
];

export function aSession(change: Partial<Session> = {}): Session {
  return {
    access_token: 'token-1',
    expires_in: 600,
    tenant: { id: 'ten_1', name: 'Acme Dental', slug: 'acme', plan: 'basic', time_zone: 'UTC' },
    user: { id: 'usr_1', name: 'Ana Ortiz', email: 'ana@example.com' },
    role: 'admin',
    permissions: adminPermissions,
    ...change,
  };
}

export function aCall(change: Partial<Call> = {}): Call {
  return {
    id: 'call_1',
    call_sid: 'CA1',
    direction: 'inbound',
    channel: 'phone',
    engine: 'relay',
    typed: false,
    from: '+14155550111',
    to: '+14155550134',
    number_id: 'num_1',
    personality: { id: 'per_1', name: 'Front desk', version: 7 },
    status: 'in_progress',
    state: 'listening',
    ended_reason: null,
    ended_by: null,
    fault: null,
    detail: null,
    created_at: '2026-11-21T08:00:00.000Z',
    ringing_at: null,
    answered_at: '2026-11-21T08:00:01.000Z',
    first_audio_at: null,
    ended_at: null,
    duration_ms: 1_000,
    cost: null,
    settled: false,
    machine: null,
    policy_version: null,
    carrier_price: null,
    latency: null,
    metadata: {},
    test: true,
    ...change,
  };
}

export function aNumber(change: Partial<PhoneNumber> = {}): PhoneNumber {
  return {
    id: 'num_1',
    e164: '+14155550134',
    label: 'Front desk',
    country: 'US',
    status: 'active',
    failure: null,
    engine: 'relay',
    personality: { id: 'per_1', name: 'Professional Assistant' },
    capability: aCapability(),
    busy_message: '',
    overflow_e164: null,
    caller_policy: 'open',
    unknown_caller_message: '',
    not_premium_message: '',
    hours: null,
    after_hours: null,
    fallback_e164: null,
    recording: { mode: 'off', consent: 'announce', notice: '' },
    webhooks: { status: 'in_sync', drift: [], checked_at: '2026-11-21T07:00:00.000Z' },
    created_at: '2026-11-01T08:00:00.000Z',
    updated_at: '2026-11-01T08:00:00.000Z',
    ...change,
  };
}

export function aContact(change: Partial<Contact> = {}): Contact {
  return {
    id: 'con_1',
    e164: '+14155550111',
    name: 'Ada Ortiz',
    plan: 'premium',
    verified: true,
    attributes: { city: 'Oakland' },
    created_at: '2026-11-01T08:00:00.000Z',
    updated_at: '2026-11-01T08:00:00.000Z',
    ...change,
  };
}

export function aPool(change: Partial<NumberPool> = {}): NumberPool {
  return {
    id: 'pool_1',
    name: 'West coast',
    strategy: 'round_robin',
    numbers: [{ id: 'num_1', e164: '+14155550134', active: true, uses: 3, used_at: null }],
    created_at: '2026-11-01T08:00:00.000Z',
    updated_at: '2026-11-01T08:00:00.000Z',
    ...change,
  };
}

export function aTenant(policy: Partial<OutboundPolicy> = {}): TenantSettings {
  return {
    id: 'ten_1',
    name: 'Acme Dental',
    plan: 'basic',
    time_zone: 'UTC',
    recording_days: 90,
    transcript_days: 90,
    audit_days: 365,
    totp_required: 'off',
    outbound_stop: null,
    outbound_policy: {
      version: 0,
      home_country: 'US',
      countries: ['US'],
      area_codes: [],
      denied_prefixes: [],
      calling_hours: { from: '08:00', to: '21:00' },
      daily_calls: 50,
      daily_calls_per_number: 5,
      daily_spend: '25.00',
      concurrent_calls: 3,
      max_call_minutes: 30,
      consent: { ai_voice: 'not_required', marketing: 'required', transactional: 'not_required' },
      national_list: 'never',
      opt_out_key: '9',
      ...policy,
    },
  };
}

export function aKey(change: Partial<ApiKey> = {}): ApiKey {
  return {
    id: 'key_1',
    name: 'Booking system',
    prefix: 'ph_live_3kTz',
    scopes: ['calls:read'],
    mode: 'live',
    allowed_cidrs: [],
    rotated_from: null,
    rotated_at: null,
    status: 'active',
    expires_at: null,
    created_at: '2026-11-01T08:00:00.000Z',
    last_used_at: null,
    revoked_at: null,
    ...change,
  };
}

export function aCapability(change: Partial<Capability> = {}): Capability {
  return {
    engine: 'relay',
    available: true,
    voice: 'Google.en-US-Chirp3-HD-Kore',
    notes: [
      {
        param: 'voice',
        code: 'voice_substituted',
        detail:
          'calls on this engine are spoken by the carrier: Google.en-US-Chirp3-HD-Kore, the nearest to alloy',
      },
    ],
    ...change,
  };
}

export function aModel(name: string, change: Partial<Model> = {}): Model {
  return {
    name,
    purpose: 'speech',
    engines: ['realtime'],
    status: 'available',
    stops_on: null,
    is_default: false,
    reasons: false,
    ...change,
  };
}

export const models: Model[] = [
  aModel('gpt-6-luna', { purpose: 'chat', engines: ['relay', 'gather'], is_default: true }),
  aModel('gpt-4o', {
    purpose: 'chat',
    engines: ['relay', 'gather'],
    status: 'retiring',
    stops_on: '2027-01-14',
  }),
  aModel('gpt-realtime-2.1', { is_default: true, reasons: true }),
  aModel('gpt-realtime', { status: 'retiring', stops_on: '2027-01-20' }),
  aModel('gpt-4o-realtime-preview', { status: 'retired', stops_on: '2026-05-07' }),
];

export function aVoice(name: string, realtime = name): Voice {
  return {
    name,
    description: 'Even and clear',
    is_default: name === 'alloy',
    engines: [
      { engine: 'realtime', voice: realtime, exact: realtime === name },
      { engine: 'relay', voice: 'Google.en-US-Chirp3-HD-Kore', exact: false },
      { engine: 'gather', voice: 'Google.en-US-Chirp3-HD-Kore', exact: false },
    ],
  };
}

export const voices: Voice[] = [aVoice('alloy'), aVoice('marin'), aVoice('nova', 'coral')];

export function aPrice(sku: string, unit_price: string, change: Partial<Price> = {}): Price {
  return {
    sku,
    unit: 'minute',
    per_units: 1,
    unit_price,
    currency: 'USD',
    effective_from: '2025-01-01T00:00:00.000Z',
    source: 'unverified',
    ...change,
  };
}

export const prices: Price[] = [
  aPrice('twilio.inbound_minute', '0.0085'),
  aPrice('twilio.relay_minute', '0.07'),
  aPrice('twilio.stream_minute', '0.004'),
  aPrice('openai.gpt-realtime-2.1.audio_in', '32', { unit: 'token', per_units: 1_000_000 }),
  aPrice('openai.gpt-realtime-2.1.audio_out', '64', { unit: 'token', per_units: 1_000_000 }),
];

export function aPersonality(change: Partial<Personality> = {}): Personality {
  return {
    id: 'per_1',
    name: 'Professional Assistant',
    description: 'Polite and brief.',
    preset: 'professional_assistant',
    version: 1,
    voice: 'alloy',
    language: 'en-US',
    greeting: 'Hello.',
    system_prompt: 'You are an assistant.',
    response_style: '',
    traits: ['polite'],
    examples: [],
    model: 'gpt-6-luna',
    transfer_targets: [],
    greeting_policy: 'agent_first',
    realtime: {
      model: null,
      turn_detection: {
        type: 'server_vad',
        threshold: 0.5,
        prefix_padding_ms: 300,
        silence_duration_ms: 500,
      },
      noise_reduction: 'near_field',
      reasoning_effort: 'low',
      speed: 1,
    },
    fallback: 'relay',
    recording: { mode: 'number', announcement: '' },
    approval: { mode: 'off', timeout_seconds: 15, on_timeout: 'hold_and_ask_again' },
    clarification: { timeout_seconds: 30, on_timeout: 'offer_callback' },
    capabilities: [
      aCapability({ engine: 'realtime', voice: 'alloy', notes: [] }),
      aCapability(),
      aCapability({ engine: 'gather' }),
    ],
    created_at: '2026-11-01T08:00:00.000Z',
    updated_at: '2026-11-01T08:00:00.000Z',
    ...change,
  };
}

export const listOf = <T>(data: T[]) => ({ data, has_more: false, next_cursor: null });

export function problem(status: number, code: string, more: object = {}) {
  return Response.json(
    {
      type: 'about:blank',
      title: code,
      status,
      code,
      detail: code,
      request_id: 'req_1',
      retryable: false,
      ...more,
    },
    { status, headers: { 'content-type': 'application/problem+json' } },
  );
}

export const limits: Limits = {
  concurrent_calls: 10,
  numbers: 1,
  number_pools: false,
  personalities: 3,
  voices: 'preset',
  models: 'preset',
  live_events: false,
  analytics: false,
  sso: false,
  api_keys: 10,
};
