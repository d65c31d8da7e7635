import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { aNumber, aPool, aSession, listOf, problem, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';

const two = [aNumber(), aNumber({ id: 'num_2', e164: '+14155550135', label: 'Back office' })];

describe('pools', () => {
  it('say what they are when there is none, and are made of numbers', async () => {
    const sent: unknown[] = [];
    let pools: ReturnType<typeof aPool>[] = [];
    server.use(
      http.get(url('/v1/number_pools'), () => HttpResponse.json(listOf(pools))),
      http.get(url('/v1/numbers'), () => HttpResponse.json(listOf(two))),
      http.post(url('/v1/number_pools'), async ({ request }) => {
        sent.push(await request.json());
        if (sent.length === 1) {
          return problem(422, 'validation_failed', {
            errors: [{ param: 'name', code: 'required', detail: 'must be given' }],
          });
        }
        pools = [aPool()];
        return HttpResponse.json(pools[0], { status: 201 });
      }),
    );
    const { user } = showApp('/numbers/pools', aSession());
    expect(await screen.findByRole('heading', { name: 'No pool yet' })).toBeVisible();
    await user.click(screen.getAllByRole('button', { name: 'Make a pool' })[0] as HTMLElement);
    const dialog = await screen.findByRole('dialog', { name: 'Make a pool' });
    await user.click(within(dialog).getByRole('button', { name: 'Make a pool' }));
    await waitFor(() =>
      expect(within(dialog).getByLabelText('Name')).toHaveAccessibleDescription('Must be given'),
    );
    await user.type(within(dialog).getByLabelText('Name'), 'West coast');
    await user.click(within(dialog).getByRole('radio', { name: 'Nearest to the called number' }));
    await user.click(within(dialog).getByRole('checkbox', { name: '+1 415 555 0135' }));
    await user.click(within(dialog).getByRole('button', { name: 'Make a pool' }));
    expect(
      await screen.findByRole('row', { name: /West coast.*One after the other.*3 calls/ }),
    ).toBeVisible();
    expect(sent[1]).toEqual({ name: 'West coast', strategy: 'local_presence', number_ids: ['num_2'] });
  });

  it('change their numbers, and are deleted after a question', async () => {
    const sent: unknown[] = [];
    let gone = false;
    server.use(
      http.get(url('/v1/number_pools'), () => HttpResponse.json(listOf(gone ? [] : [aPool()]))),
      http.get(url('/v1/numbers'), () => HttpResponse.json(listOf(two))),
      http.patch(url('/v1/number_pools/pool_1'), async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json(aPool());
      }),
      http.delete(url('/v1/number_pools/pool_1'), () => {
        gone = true;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = showApp('/numbers/pools', aSession());
    await user.click(await screen.findByRole('button', { name: 'Edit West coast' }));
    const dialog = await screen.findByRole('dialog', { name: 'Edit West coast' });
    await user.click(await within(dialog).findByRole('checkbox', { name: '+1 415 555 0134' }));
    await user.click(within(dialog).getByRole('checkbox', { name: '+1 415 555 0135' }));
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(sent).toEqual([{ name: 'West coast', strategy: 'round_robin', number_ids: ['num_2'] }]);
    await user.click(screen.getByRole('button', { name: 'Delete West coast' }));
    await user.click(await screen.findByRole('button', { name: 'Delete the pool' }));
    expect(await screen.findByRole('heading', { name: 'No pool yet' })).toBeVisible();
  });

  it('are looked at by a viewer, and warn when they have no number', async () => {
    server.use(http.get(url('/v1/number_pools'), () => HttpResponse.json(listOf([aPool({ numbers: [] })]))));
    showApp('/numbers/pools', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByText(/No number: calls from it are refused/)).toBeVisible();
    expect(screen.queryByRole('button', { name: /Make|Edit|Delete/ })).not.toBeInTheDocument();
  });

  it('say what failed', async () => {
    server.use(http.get(url('/v1/number_pools'), () => problem(500, 'internal')));
    showApp('/numbers/pools', aSession());
    expect(await screen.findByRole('alert')).toHaveTextContent('Request req_1');
  });
});
