import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { aSession, listOf, problem, viewerPermissions } from '@/test/data';
import { aMember, anInvitation } from '@/test/people';
import { showApp } from '@/test/render';
import { documentedRoles } from '@/test/roles';
import { server, url } from '@/test/server';
import { abilitiesOf, changeOf, roles } from './abilities';

const ben = aMember({ id: 'usr_2', name: 'Ben Okafor', email: 'ben@example.com', role: 'supervisor' });

describe('people', () => {
  it('are listed; the last admin stays', async () => {
    server.use(http.get(url('/v1/members'), () => HttpResponse.json(listOf([aMember(), ben]))));
    showApp('/members', aSession());
    const row = (await screen.findByText('ana@example.com')).closest('tr') as HTMLElement;
    expect(within(row).getByText('(you)')).toBeVisible();
    expect(within(row).getByText(/The last admin/)).toBeVisible();
    expect(within(row).queryByRole('button')).not.toBeInTheDocument();
    expect(screen.getByText('No invitation is open.')).toBeVisible();
  });

  it('get another role, with what they lose and gain', async () => {
    let role: 'supervisor' | 'viewer' = 'supervisor';
    server.use(
      http.get(url('/v1/members'), () => HttpResponse.json(listOf([aMember(), { ...ben, role }]))),
      http.patch(url('/v1/members/usr_2'), async ({ request }) => {
        ({ role } = (await request.json()) as { role: 'viewer' });
        return HttpResponse.json({ ...ben, role });
      }),
    );
    const { user } = showApp('/members', aSession());
    await user.click(await screen.findByRole('button', { name: 'Change role of Ben Okafor' }));
    const dialog = await screen.findByRole('dialog', { name: 'Role of Ben Okafor' });
    expect(within(dialog).getByRole('button', { name: 'Change the role' })).toBeDisabled();
    await user.click(within(dialog).getByRole('radio', { name: 'Admin' }));
    expect(within(dialog).getByText('Ben Okafor can from then on')).toBeVisible();
    await user.click(within(dialog).getByRole('radio', { name: 'Viewer' }));
    expect(within(dialog).getByText('Ben Okafor can no longer')).toBeVisible();
    expect(within(dialog).getByText('step into calls')).toBeVisible();
    await user.click(within(dialog).getByRole('button', { name: 'Change the role' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(await screen.findByText('Viewer')).toBeVisible();
  });

  it('are invited, with the fault at its field, and the invitation is taken back', async () => {
    let invitations = [anInvitation({ email: 'old@example.com', expired: true })];
    const sent: unknown[] = [];
    server.use(
      http.get(url('/v1/members'), () => HttpResponse.json(listOf([aMember()]))),
      http.get(url('/v1/invitations'), () => HttpResponse.json(listOf(invitations))),
      http.post(url('/v1/invitations'), async ({ request }) => {
        sent.push(await request.json());
        return sent.length === 1
          ? problem(422, 'validation_failed', {
              errors: [{ param: 'email', code: 'invalid', detail: 'is no e-mail address' }],
            })
          : HttpResponse.json(anInvitation(), { status: 201 });
      }),
      http.delete(url('/v1/invitations/inv_1'), () => {
        invitations = [];
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = showApp('/members', aSession());
    expect(await screen.findByText('Expired')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Invite somebody' }));
    const dialog = await screen.findByRole('dialog', { name: 'Invite somebody' });
    await user.type(within(dialog).getByLabelText('E-mail'), 'ben');
    await user.click(within(dialog).getByRole('button', { name: 'Send the invitation' }));
    await waitFor(() =>
      expect(within(dialog).getByLabelText('E-mail')).toHaveAccessibleDescription(/is no e-mail address/i),
    );
    await user.type(within(dialog).getByLabelText('E-mail'), '@example.com');
    expect(within(dialog).getByLabelText('E-mail'), 'what was wrong is being mended').toBeValid();
    await user.click(within(dialog).getByRole('button', { name: 'Send the invitation' }));
    expect(await screen.findByText('A mail is on its way to ben@example.com.')).toBeVisible();
    expect(sent[1]).toEqual({ email: 'ben@example.com', role: 'supervisor' });
    await user.click(screen.getByRole('button', { name: 'Take back the invitation of old@example.com' }));
    await user.click(await screen.findByRole('button', { name: 'Take it back' }));
    expect(await screen.findByText('No invitation is open.')).toBeVisible();
  });

  it('are not shown to who may not see them, and a failure is told', async () => {
    showApp('/members', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByText(/admin of Acme Dental can help/)).toBeVisible();
    server.use(http.get(url('/v1/members'), () => problem(500, 'internal')));
    showApp('/members', aSession());
    expect(await screen.findByRole('alert')).toHaveTextContent('Request req_1');
  });
});

describe('abilities', () => {
  const known = documentedRoles();

  it('never shrink with a larger role', () => {
    const [admin, supervisor, viewer] = roles.map((role) => abilitiesOf(role, known));
    expect(viewer?.every((each) => supervisor?.includes(each))).toBe(true);
    expect(supervisor?.every((each) => admin?.includes(each))).toBe(true);
    expect(changeOf('admin', 'viewer', known).gained).toEqual([]);
    expect(changeOf('viewer', 'admin', known).lost).toEqual([]);
  });

  it('are those of the server', () => {
    expect(abilitiesOf('viewer', known)).toEqual(['watch']);
    expect(abilitiesOf('supervisor', known)).toEqual([
      'watch',
      'words',
      'recordings',
      'stepIn',
      'place',
      'contacts',
      'colleagues',
    ]);
    const promoted = known.map((each) =>
      each.role === 'viewer'
        ? { ...each, permissions: [...each.permissions, 'transcript.read' as const] }
        : each,
    );
    expect(abilitiesOf('viewer', promoted)).toEqual(['watch', 'words']);
  });
});
