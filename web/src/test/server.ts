import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { aSession, aTenant, limits, listOf, models, prices, problem, voices } from './data';
import { documentedRoles } from './roles';

export const url = (path: string) => new URL(path, location.origin).href;

/** The API as tests play it: quiet and empty, until a test says otherwise. No test opens a live socket. */
export const server = setupServer(
  http.post(url('/v1/ws_tickets'), () => problem(503, 'unavailable')),
  http.get(url('/v1/me'), () => {
    const { tenant, user, role, permissions } = aSession();
    return HttpResponse.json({
      tenant,
      user,
      role,
      permissions,
      scopes: null,
      limits,
      memberships: [{ tenant_id: tenant.id, name: tenant.name, role }],
      email_verified: true,
      tenant_verified: true,
      totp: { enabled: false, required: false, recovery_codes_left: 0 },
    });
  }),
  http.get(url('/v1/models'), ({ request }) => {
    const purpose = new URL(request.url).searchParams.get('purpose');
    return HttpResponse.json(listOf(models.filter((model) => !purpose || model.purpose === purpose)));
  }),
  http.get(url('/v1/roles'), () => HttpResponse.json(listOf(documentedRoles()))),
  http.get(url('/v1/tenant'), () => HttpResponse.json(aTenant())),
  http.get(url('/v1/calls/:id/usage'), () =>
    HttpResponse.json({ data: [], total: { amount: '0', currency: 'USD' }, settled: false }),
  ),
  http.get(url('/v1/calls/:id/items'), () => HttpResponse.json(listOf([]))),
  http.get(url('/v1/calls/:id/recordings'), () => HttpResponse.json(listOf([]))),
  http.get(url('/v1/voices'), () => HttpResponse.json(listOf(voices))),
  http.get(url('/v1/prices'), () => HttpResponse.json(listOf(prices))),
  ...[
    'calls',
    'calls/live',
    'numbers',
    'number_pools',
    'personalities',
    'contacts',
    'do_not_call',
    'do_not_call/national',
    'api_keys',
    'exports',
    'members',
    'invitations',
    'sessions',
    'identities',
    'consents',
    'audit_log',
    'privacy/exports',
    'privacy/erasures',
    'provider_credentials',
  ].map((name) => http.get(url(`/v1/${name}`), () => HttpResponse.json(listOf([])))),
);
