// The server's JSON, written by hand until the generated schema replaces it.
export type Role = 'admin' | 'supervisor' | 'viewer';

export interface Session {
  access_token: string;
  expires_in: number;
  tenant: { id: string; name: string; slug: string; plan: string; time_zone: string };
  user: { id: string; name: string; email: string };
  role: Role;
  permissions: string[];
}

export interface Me {
  user: Session['user'] | null;
  tenant: Session['tenant'];
  role: Role | null;
  permissions: string[];
  limits: {
    concurrent_calls: number | null;
    numbers: number | null;
    personalities: number | null;
    api_keys: number | null;
  };
}

export interface Money {
  amount: string;
  currency: string;
}

export interface Page<T> {
  data: T[];
  has_more: boolean;
  next_cursor: string | null;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  expires_at: string | null;
  created_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
  status: string;
}

export interface AvailableNumber {
  e164: string;
  locality: string | null;
  region: string | null;
  country: string;
  capabilities: { voice: boolean; sms: boolean; mms: boolean };
  monthly_price: Money | null;
}

export interface PhoneNumber {
  id: string;
  e164: string;
  label: string;
  country: string;
  status: string;
  failure: string | null;
  engine: string;
  personality: { id: string; name: string } | null;
  created_at: string;
  updated_at: string;
}

export interface PersonalityBody {
  name: string;
  description: string;
  preset: string | null;
  voice: string;
  language: string;
  greeting: string | null;
  system_prompt: string;
  response_style: string;
  traits: string[];
  examples: { caller: string; agent: string }[];
  model: string;
  transfer_targets: { alias: string; e164: string }[];
}

export interface Personality extends PersonalityBody {
  id: string;
  version: number;
  created_at: string;
  updated_at: string;
}

export type CallStatus = 'queued' | 'dialing' | 'ringing' | 'in_progress' | 'ended';

export interface Call {
  id: string;
  call_sid: string;
  direction: 'inbound' | 'outbound';
  channel: string;
  engine: string;
  from: string;
  to: string;
  number_id: string;
  personality: { id: string; name: string; version: number } | null;
  status: CallStatus;
  state?: string | null;
  ended_reason?: string | null;
  ended_by?: string | null;
  fault?: string | null;
  detail?: string | null;
  created_at: string;
  ringing_at?: string | null;
  answered_at?: string | null;
  ended_at?: string | null;
  duration_ms?: number | null;
  cost: Money | null;
  latency: { p50: number; p95: number } | null;
}

export interface UsageRow {
  sku: string;
  unit: string;
  quantity: number;
  amount: string;
  day?: string | null;
}

export interface Usage {
  data: UsageRow[];
  total: Money;
  from: string;
  to: string;
}

export interface Export {
  id: string;
  status: string;
  failure: string | null;
  dataset: string;
  format: string;
  from: string;
  to: string;
  row_count: number | null;
  size_bytes: number | null;
  sha256: string | null;
  created_at: string;
  ready_at: string | null;
  expires_at: string | null;
}
