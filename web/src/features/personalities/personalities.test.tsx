import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { aCapability, aPersonality, aSession, listOf, problem, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';

const aged = aPersonality({
  realtime: { ...aPersonality().realtime, model: 'gpt-realtime' },
  capabilities: [
    aCapability({
      engine: 'realtime',
      voice: 'alloy',
      notes: [
        {
          param: 'realtime.model',
          code: 'model_retiring',
          detail: 'gpt-realtime will not be served by its provider from 2027-01-20 on; choose another before',
        },
      ],
    }),
    aCapability({
      notes: [{ param: 'realtime.turn_detection', code: 'turn_detection_ignored', detail: 'it is' }],
    }),
  ],
});

function has(personality = aPersonality()): Record<string, unknown>[] {
  const sent: Record<string, unknown>[] = [];
  server.use(
    http.get(url('/v1/personalities/per_1'), () => HttpResponse.json(personality)),
    http.patch(url('/v1/personalities/per_1'), async ({ request }) => {
      sent.push((await request.json()) as Record<string, unknown>);
      return HttpResponse.json({ ...personality, ...sent.at(-1), version: 2 });
    }),
  );
  return sent;
}

describe('a personality', () => {
  it('tells what each engine makes of it, and leads to the field', async () => {
    has(aged);
    const { user } = showApp('/personalities/per_1', aSession());
    const report = await screen.findByRole('region', { name: 'What Realtime makes of it' });
    expect(report).toHaveTextContent('Attention: gpt-realtime will not be served');
    await user.click(within(report).getByRole('button', { name: 'Go to Speech model' }));
    await waitFor(() => expect(screen.getByLabelText('Speech model')).toHaveFocus());
  });

  it('shows no way to the fields to those who may not change them', async () => {
    has(aged);
    showApp('/personalities/per_1', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByRole('region', { name: 'What Realtime makes of it' })).toBeVisible();
    expect(screen.queryByRole('button', { name: /Go to/ })).not.toBeInTheDocument();
  });

  it('offers no model that has ended, and says when one will', async () => {
    has();
    const { user } = showApp('/personalities/per_1', aSession());
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    const models = screen.getByLabelText('Speech model');
    expect(await within(models).findByRole('option', { name: /gpt-realtime, ends on .*2027/ })).toBeEnabled();
    expect(
      within(models).getByRole('option', { name: /gpt-4o-realtime-preview, ended on .*2026/ }),
    ).toBeDisabled();
    expect(
      within(models).getByRole('option', { name: "The platform's choice (gpt-realtime-2.1)" }),
    ).toBeEnabled();
  });

  it('names the voice of each engine, and tells at once what is left aside', async () => {
    has();
    const { user } = showApp('/personalities/per_1', aSession());
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    const voice = screen.getByLabelText('Voice');
    await within(voice).findByRole('option', { name: 'nova: even and clear' });
    expect(voice).toHaveAccessibleDescription(/Realtime: alloy itself/);
    await user.selectOptions(voice, 'nova');
    expect(voice).toHaveAccessibleDescription(
      /Realtime: coral, the nearest there is.*Relay: Kore \(Google\)/,
    );
    const report = screen.getByRole('region', { name: 'What Realtime makes of it' });
    await waitFor(() => expect(report).toHaveTextContent('This engine has no voice nova'));
    await user.click(within(report).getByRole('button', { name: 'Go to Voice' }));
    await waitFor(() => expect(voice).toHaveFocus());
  });

  it('saves a preset of turn taking, and opens the exact figures when the report leads there', async () => {
    const sent = has();
    const { user } = showApp('/personalities/per_1', aSession());
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    await user.selectOptions(screen.getByLabelText('End of a turn'), 'patient');
    const relay = screen.getByRole('region', { name: 'What Relay makes of it' });
    await waitFor(() => expect(relay).toHaveTextContent('The carrier decides'));
    await user.click(within(relay).getByRole('button', { name: 'Go to End of a turn' }));
    await waitFor(() => expect(screen.getByLabelText('How it is found')).toHaveFocus());
    const speed = screen.getByLabelText('Speed');
    await user.clear(speed);
    await user.type(speed, '1.2');
    await user.selectOptions(screen.getByLabelText('When the engine fails'), 'gather');
    await user.click(screen.getByRole('button', { name: 'Save as version 2' }));
    expect(await screen.findByText(/Version 2 is saved/)).toBeVisible();
    expect(sent).toEqual([
      {
        fallback: 'gather',
        realtime: {
          model: '',
          noise_reduction: 'near_field',
          reasoning_effort: 'low',
          speed: 1.2,
          turn_detection: {
            type: 'server_vad',
            threshold: 0.5,
            prefix_padding_ms: 300,
            silence_duration_ms: 1000,
          },
        },
      },
    ]);
    expect(screen.getByRole('region', { name: 'What Relay makes of it' })).toBeVisible();
  });

  it('lets the caller speak first without words, and never without them when the agent does', async () => {
    const sent = has();
    const { user } = showApp('/personalities/per_1', aSession());
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    const words = screen.getByLabelText('First words');
    await user.clear(words);
    await user.click(screen.getByRole('button', { name: 'Save as version 2' }));
    await waitFor(() => expect(words).toHaveAccessibleDescription(/needed when the agent speaks first/));
    await user.selectOptions(screen.getByLabelText('Who speaks first'), 'caller_first');
    expect(screen.queryByLabelText('First words')).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Save as version 2' }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toEqual({ greeting: '', greeting_policy: 'caller_first' });
  });

  it('puts the faults of the server beside their fields', async () => {
    has(aPersonality({ examples: [{ caller: 'Hi', agent: 'Hello' }] }));
    server.use(
      http.patch(url('/v1/personalities/per_1'), () =>
        problem(422, 'validation_failed', {
          errors: [
            { param: 'realtime.model', code: 'model_retired', detail: 'is not served any more' },
            {
              param: 'realtime.turn_detection.threshold',
              code: 'out_of_range',
              detail: 'must be from 0 to 1',
            },
            { param: 'examples[0].agent', code: 'too_long', detail: 'is too long' },
            { param: 'traits[3]', code: 'too_long', detail: 'the fourth is too long' },
          ],
        }),
      ),
    );
    const { user } = showApp('/personalities/per_1', aSession());
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    await user.type(screen.getByLabelText(/Traits/), ', kind');
    await user.click(screen.getByRole('button', { name: 'Save as version 2' }));
    const model = screen.getByLabelText('Speech model');
    await waitFor(() => expect(model).toHaveAccessibleDescription(/Is not served any more/));
    expect(screen.getByLabelText('How loud speech is')).toHaveAccessibleDescription(/Must be from 0 to 1/);
    expect(screen.getByLabelText('The agent answers')).toHaveAccessibleDescription(/Is too long/);
    expect(screen.getByLabelText(/Traits/)).toHaveAccessibleDescription(/The fourth is too long/);
    expect(screen.queryByText('validation_failed')).not.toBeInTheDocument();
  });

  it('can be changed while the lists cannot be had', async () => {
    has();
    let fails = true;
    server.use(
      http.get(url('/v1/models'), () =>
        fails ? problem(503, 'unavailable') : HttpResponse.json(listOf([])),
      ),
    );
    const { user } = showApp('/personalities/per_1', aSession());
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    expect(await screen.findByText(/lists of models and voices could not be loaded/)).toBeVisible();
    expect(screen.getByLabelText('Language model')).toHaveValue('gpt-6-luna');
    fails = false;
    await user.click(screen.getByRole('button', { name: 'Load the lists again' }));
    await waitFor(() => expect(screen.queryByText(/could not be loaded/)).not.toBeInTheDocument());
  });
});
