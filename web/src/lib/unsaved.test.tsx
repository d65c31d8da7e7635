import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { aNumber, aPersonality, aSession, listOf } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';

describe('a form that is not saved', () => {
  it('asks before its page is left, and lets go once it is saved', async () => {
    let number = aNumber();
    server.use(
      http.get(url('/v1/personalities'), () => HttpResponse.json(listOf([aPersonality()]))),
      http.get(url('/v1/numbers/num_1'), () => HttpResponse.json(number)),
      http.patch(url('/v1/numbers/num_1'), () => {
        number = aNumber({ label: 'Front desk, new' });
        return HttpResponse.json(number);
      }),
    );
    const { user, router } = showApp('/numbers/num_1', aSession());
    await user.type(await screen.findByLabelText(/^Label/), ', new');
    await user.click(screen.getByRole('link', { name: 'All numbers' }));
    const question = await screen.findByRole('dialog', { name: 'Leave without saving?' });
    await user.click(within(question).getByRole('button', { name: 'Stay here' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(router.state.location.pathname).toBe('/numbers/num_1');
    expect(screen.getByLabelText(/^Label/)).toHaveValue('Front desk, new');

    await user.click(screen.getByRole('button', { name: 'Save' }));
    await screen.findByText('Saved. Calls from now on go by it.');
    await user.click(screen.getByRole('link', { name: 'All numbers' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/numbers'));
  });

  it('can be left all the same', async () => {
    server.use(
      http.get(url('/v1/personalities/per_1'), () => HttpResponse.json(aPersonality({ preset: null }))),
    );
    const { user, router } = showApp('/personalities/per_1', aSession());
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    await user.type(await screen.findByLabelText('Name'), ' of mine');
    await user.click(screen.getByRole('button', { name: 'Stop editing' }));
    const inPage = await screen.findByRole('dialog', { name: 'Leave without saving?' });
    await user.click(within(inPage).getByRole('button', { name: 'Stay here' }));
    await user.click(screen.getByRole('link', { name: 'All personalities' }));
    const question = await screen.findByRole('dialog', { name: 'Leave without saving?' });
    await user.click(within(question).getByRole('button', { name: 'Leave without saving' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/personalities'));
  });
});
