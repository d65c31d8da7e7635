// The phone on its page: what a person is told when the browser gives no microphone, and who is offered it.
import { screen, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { aPersonality, aSession, listOf, problem, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';

const maya = aPersonality({ id: 'per_1', name: 'Maya' });
const caller = () => aSession({ permissions: [...aSession().permissions, 'web_call.create'] });

function has(...personalities: (typeof maya)[]) {
  const asked: unknown[] = [];
  server.use(
    http.get(url('/v1/personalities'), () => HttpResponse.json(listOf(personalities))),
    http.get(url('/v1/personalities/per_1'), () => HttpResponse.json(maya)),
    http.post(url('/v1/web_calls'), async ({ request }) => {
      asked.push(await request.json());
      return problem(429, 'concurrency_limit', { detail: '10 calls are under way' });
    }),
  );
  return asked;
}

describe('the phone page', () => {
  it('says why there is no microphone, and offers to type', async () => {
    const asked = has(maya);
    const { user } = showApp('/phone', caller());
    const phone = await screen.findByRole('region', { name: 'Maya' });
    await user.click(within(phone).getByRole('button', { name: 'Call Maya' }));
    expect(await within(phone).findByText(/cannot give its microphone to this page/)).toBeVisible();
    expect(asked).toEqual([]);
    await user.click(within(phone).getByRole('button', { name: 'Type instead' }));
    expect(await within(phone).findByText(/10 calls are under way/)).toBeVisible();
    expect(asked).toEqual([{ personality_id: 'per_1', mode: 'text' }]);
    const write = within(phone).getByRole('button', { name: 'Write to Maya' });
    expect(write).toBeEnabled();
    await user.click(within(phone).getByRole('radio', { name: 'Speech model' }));
    await user.click(write);
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(asked[1]).toEqual({ personality_id: 'per_1', mode: 'text', engine: 'realtime' });
  });

  it('says what is missing when nobody could answer', async () => {
    has();
    showApp('/phone', caller());
    expect(await screen.findByText('There is no personality yet')).toBeVisible();
  });

  it('tries what is in the form, saved or not', async () => {
    const asked = has(maya);
    const { user } = showApp('/personalities/per_1', caller());
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    await user.click(screen.getByRole('button', { name: 'Try it' }));
    const name = screen.getByLabelText('Name');
    await user.clear(name);
    await user.type(name, 'Noor');
    const phone = screen.getByRole('region', { name: 'Try it' });
    expect(within(phone).getByText(/what is in the form now/)).toBeVisible();
    await user.click(within(phone).getByRole('radio', { name: 'Type' }));
    await user.click(within(phone).getByRole('button', { name: 'Write to Maya' }));
    await within(phone).findByText(/10 calls are under way/);
    expect(asked).toEqual([{ personality_id: 'per_1', mode: 'text', draft: { name: 'Noor' } }]);
  });

  it('is not offered to those who may not call', async () => {
    has(maya);
    showApp('/personalities/per_1', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByRole('heading', { name: 'Maya' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Try it' })).not.toBeInTheDocument();
  });
});
