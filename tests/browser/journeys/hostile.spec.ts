// Stored scripts: whatever people, callers and programs may write down is text on every page that shows it.
import { expect, type Page } from '@playwright/test';
import { Caller, teach } from '../product/caller.ts';
import { Api, buyNumber, freshEmail, password } from '../product/company.ts';
import { test } from '../product/fixtures.ts';
import { mailTo, pathOf, tokenOf } from '../product/mails.ts';
import { programs, run } from '../product/process.ts';

test.describe.configure({ timeout: 300_000 });

/** Ways in which text becomes a program where somebody forgot that it is text. */
const corpus = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "'-alert(1)-'",
  '</textarea></title><img src=/canary onerror=alert(1)>',
  '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
  '<a href="javascript:alert(1)">free</a>',
  '[free](javascript:alert(1))',
  '<style>@import "/canary";</style>',
  '<form action=/canary><button autofocus onfocus=alert(1)>',
  '<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>',
  '\u202e<body onpageshow=alert(1)>',
  '$t(common:cancel) {{constructor.constructor("alert(1)")()}} ${alert(1)}',
];

/** A text that fits nearly everywhere, with a word by which it is found. */
const short = (word: string) => `${word}"'><img src=x onerror=alert(1)>`;
const long = (word: string) => `${word} ${corpus.join(' ')}`;

/** Tells of everything that a script of the corpus would do. */
async function guarded(page: Page): Promise<() => Promise<void>> {
  const seen: string[] = [];
  page.on('dialog', (dialog) => {
    seen.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (/\/canary|\/x$/.test(request.url())) seen.push(`asked for ${request.url()}`);
  });
  await page.addInitScript(() => {
    window.alert = () => void document.documentElement.setAttribute('data-ran', location.href);
  });
  return async () => {
    const odd = await page.evaluate(() => {
      const marks = 'script:not([src]), iframe, object, embed, [onerror], [onload], [onfocus], [onpageshow], a[href^="javascript:" i], img[src$="canary"], img[src="x"]';
      const found = [...document.querySelectorAll(marks)].map((element) => element.outerHTML);
      const ran = document.documentElement.getAttribute('data-ran');
      return ran ? [...found, `it ran at ${ran}`] : found;
    });
    expect([...seen, ...odd], page.url()).toEqual([]);
  };
}

test('stored xss: a corpus in every text, and no page runs a script', async ({ place, browsers, allow }) => {
  // The corpus itself has what an untranslated text would have.
  allow(/missing translation: .*alert\(1\)/s);
  const email = freshEmail('Ana');
  const session = await new Api(place).good<{ access_token: string; tenant: { id: string } }>('POST', '/v1/auth/signup', {
    company: short('Companyword'), name: short('Adminword'), email, password, time_zone: 'Europe/Berlin',
  });
  await new Api(place).good('POST', '/v1/auth/verify_email', { token: tokenOf(await mailTo(place, email, /Confirm/)) });
  const api = new Api(place, session.access_token);

  const operator = ['--operator', 'maria', '--reason', short('Reasonofoperator'), '--tenant', session.tenant.id];
  await run(programs.phony, ['admin', 'change-plan', ...operator, '--plan', 'enterprise'], place.environment, '');

  // Everything that a company writes down.
  const personality = await api.good<{ id: string }>('POST', '/v1/personalities', {
    name: short('Agentword'), description: long('Describedword').slice(0, 500), voice: 'marin', language: 'en-US',
    greeting: `What can I do for you? ${short('Greetingword')}`, system_prompt: long('Promptword'),
    response_style: long('Styleword').slice(0, 500), traits: [short('Traitword')],
    examples: [{ caller: long('Askedword'), agent: long('Answeredword') }],
  });
  const company = { id: '', name: '', admin: { name: 'Ana', email }, token: session.access_token };
  const number = await buyNumber(place, company, short('Agentword'));
  const [bought] = (await api.good<{ data: { id: string }[] }>('GET', '/v1/numbers')).data;
  await api.good('PATCH', `/v1/numbers/${bought?.id}`, { label: short('Labelword'), busy_message: short('Busyword') });
  await api.good('POST', '/v1/number_pools', { name: short('Poolword'), strategy: 'least_used', number_ids: [bought?.id] });
  const from = '+442079460958';
  const contact = { e164: from, name: short('Contactword'), attributes: { [short('Fieldword').slice(0, 40)]: long('Valueword').slice(0, 500) } };
  await api.good('POST', '/v1/contacts', contact);
  await api.good('POST', '/v1/api_keys', { name: short('Keyword'), scopes: ['calls:read'] });
  await api.good('POST', '/v1/do_not_call', { e164: '+12125550145', reason: short('Reasonword') });
  const consent = { e164: '+12125550146', kind: 'marketing', source: short('Sourceword'), evidence: { page: long('Evidenceword').slice(0, 900) } };
  await api.good('POST', '/v1/consents', consent);
  const invited = freshEmail('Ben');
  await api.good('POST', '/v1/invitations', { email: invited, role: 'viewer' });

  // A talk of which every side writes scripts.
  const page = await browsers.person({ name: 'Ana', email }, '/live');
  const innocent = await guarded(page);
  await page.reload();
  await teach(place, [{ when_contains: 'callerword', reply: long('Replyword') }]);
  const caller = await Caller.ring(place, number, from);
  await caller.hears('What can I do for you');
  await caller.sayPolitely(long('Callerword'));
  await caller.hears('Replyword');
  const call = `/v1/calls/${caller.sid}`;
  await api.good('POST', `${call}/actions`, { action_id: 'a-1', type: 'note', text: long('Noteword') });
  await api.good('POST', `${call}/actions`, { action_id: 'a-2', type: 'say', text: long('Sayword') });
  await expect(page.getByText('Agentword').filter({ visible: true }).first()).toBeVisible();
  await innocent();
  const { data } = await api.good<{ data: { id: string }[] }>('GET', '/v1/calls');
  const id = data[0]?.id ?? '';
  const shows = async (path: string, ...words: string[]) => {
    await page.goto(`/dashboard${path}`);
    for (const word of words) await expect(page.getByText(word).filter({ visible: true }).first(), `${word} at ${path}`).toBeVisible();
    await innocent();
  };
  await shows(`/live/${id}`, 'Callerword', 'Replyword', 'Noteword', 'Sayword');
  await caller.hangUp();
  await caller.isOver();

  await shows(`/calls/${id}`, 'Callerword', 'Replyword', 'Noteword', 'Sayword', 'Greetingword');
  await shows('/calls', 'Agentword');
  await shows('/numbers', 'Labelword', 'Agentword');
  await shows(`/numbers/${bought?.id}`);
  await shows('/numbers/pools', 'Poolword');
  await shows('/personalities', 'Agentword', 'Describedword');
  await shows(`/personalities/${personality.id}`, 'Promptword');
  await shows('/contacts', 'Contactword');
  await shows('/keys', 'Keyword');
  await shows('/members', 'Adminword');
  await shows('/audit');
  await page.getByRole('row', { name: /plan/i }).first().getByRole('button', { name: /^More of act/ }).click();
  await expect(page.getByRole('dialog')).toContainText('Reasonofoperator');
  await innocent();
  await shows('/settings/policies', 'Reasonword', 'Sourceword');
  for (const path of ['/welcome', '/phone', '/billing', '/settings/plan', '/settings/privacy', '/settings/providers', '/settings/security']) {
    await shows(path);
  }

  // Whoever is invited has not chosen to trust the company's name, and neither has their mail.
  const mail = await mailTo(place, invited, /invites you/);
  const stranger = await (await browsers.stranger()).newPage();
  const stays = await guarded(stranger);
  await stranger.goto(pathOf(mail));
  await expect(stranger.getByText('Companyword').first()).toBeVisible();
  await stays();
  const letter = (mail as { html?: string }).html ?? '';
  expect(letter).toContain('Companyword');
  const programOfMails = await (await browsers.stranger()).newPage();
  const letterStays = await guarded(programOfMails);
  await programOfMails.setContent(letter);
  await letterStays();

  // Nothing that a request carries comes back as a page, and no answer of the API can be taken for one.
  allow(/status of (400|401|404)/);
  const payload = encodeURIComponent('"><img src=/canary onerror=alert(1)>');
  for (const path of [`/v1/calls/${payload}`, `/v1/${payload}`, `/dashboard/${payload}`, `/v1/auth/sso/callback?error=${payload}&state=${payload}`, `/dashboard/login?next=${payload}`]) {
    await stranger.goto(path);
    await stays();
  }
  for (const path of ['/v1/tenant', '/v1/me', '/v1/contacts', '/v1/personalities', call, `${call}/items`, `${call}/events`, '/v1/audit_log', '/v1/nothing']) {
    const answer = await api.send('GET', path);
    expect(answer.headers.get('content-type'), path).toMatch(/^application\/(problem\+)?json/);
    expect(answer.headers.get('x-content-type-options'), path).toBe('nosniff');
  }
});
