// What the log holds, in words: acts and what they were done to. What has no words here is shown as the API has it.

/** Acts that have words. */
const acts = [
  'call.approval_mode',
  'call.approve',
  'call.cancel',
  'call.claim',
  'call.clarify',
  'call.create',
  'call.dtmf',
  'call.end',
  'call.erased',
  'call.handback',
  'call.hold',
  'call.listen',
  'call.note',
  'call.record',
  'call.reject',
  'call.release',
  'call.say',
  'call.takeover',
  'call.transfer',
  'call.unhold',
  'carrier_account.close',
  'consent.recorded',
  'consent.revoked',
  'contact.changed',
  'contact.created',
  'contact.deleted',
  'contact.imported',
  'do_not_call.added',
  'do_not_call.removed',
  'email.verify',
  'export.create',
  'invitation.withdraw',
  'key.create',
  'key.revoke',
  'key.rotate',
  'member.add',
  'member.invite',
  'member.join',
  'member.leave',
  'member.remove',
  'member.role',
  'national_list.imported',
  'national_list.removed',
  'number.bought',
  'number.configured',
  'number.released',
  'number.webhook_drifted',
  'number.webhooks_repaired',
  'number_pool.changed',
  'number_pool.created',
  'number_pool.deleted',
  'outbound.resumed',
  'outbound.stopped',
  'password.change',
  'password.forgot',
  'password.reset',
  'personality.archive',
  'personality.create',
  'personality.update',
  'plan.change',
  'policy.changed',
  'privacy.erase',
  'privacy.erased',
  'privacy.export',
  'privacy.replay',
  'provider_credential.check',
  'provider_credential.delete',
  'provider_credential.write',
  'recording.act',
  'recording.delete',
  'recording.retention',
  'session.end',
  'session.reuse',
  'session.revoke',
  'session.sso',
  'session.start',
  'sso.delete',
  'sso.domain',
  'sso.link',
  'sso.unlink',
  'sso.write',
  'tenant.close',
  'tenant.create',
  'tenant.export',
  'tenant.look',
  'tenant.rates',
  'tenant.resume',
  'tenant.retention',
  'tenant.sign_up',
  'tenant.suspend',
  'totp.disable',
  'totp.enrol',
  'totp.recovery_codes',
  'totp.require',
  'web_call.create',
] as const;

type WordOf<A> = A extends `${infer Thing}.${infer Deed}` ? `${Thing}_${Deed}` : never;
export type ActWord = WordOf<(typeof acts)[number]>;

/** An act as the strings name it: there a point would mean a level. */
export function actWord(action: string): ActWord | null {
  return acts.some((each) => each === action) ? (action.replace('.', '_') as ActWord) : null;
}

/** What ids are of, by what they begin with. */
const things = {
  usr: 'person',
  key: 'key',
  ten: 'company',
  num: 'number',
  pool: 'pool',
  con: 'contact',
  per: 'personality',
  pev: 'personality',
  call: 'call',
  exp: 'export',
  rec: 'recording',
  pex: 'copy',
  ers: 'erasure',
  dnc: 'do_not_call',
  cst: 'consent',
  ndl: 'national_list',
  ivt: 'invitation',
  ses: 'session',
  idn: 'identity',
  outbound_policy: 'policy',
  sso_connection: 'sso',
  operator: 'operator',
  system: 'service',
} as const;

export type Thing = (typeof things)[keyof typeof things];

/** What an id is of: `usr_01…` of a person, `outbound_policy:3` of a policy; none for another form. */
export function thingOf(id: string): Thing | null {
  const [, name = ''] = /^([a-z_]+?)(?:_[0-9a-f]{6,}|:.*)?$/.exec(id) ?? [];
  return name in things ? things[name as keyof typeof things] : null;
}

/** The last figures of an id, enough to tell two apart at a look; what follows a colon is whole. */
export function tailOf(id: string): string {
  const [, after] = /:(.+)$/.exec(id) ?? [];
  if (after) return after;
  const [, figures] = /_([0-9a-f]{12,})$/.exec(id) ?? [];
  return figures ? `…${figures.slice(-6)}` : '';
}

/** `outbound_calls` as `Outbound calls`: a field of the API as people read it. */
export function fieldName(name: string): string {
  const words = name.replace(/_/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
