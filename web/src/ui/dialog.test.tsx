import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import '@/lib/i18n';
import { Dialog } from './Dialog';

/** A list of one row, removed by a dialog; another dialog follows the first or opens above it. */
function Board() {
  const [open, setOpen] = useState<'first' | 'second' | null>(null);
  const [above, setAbove] = useState(false);
  const [removed, setRemoved] = useState(false);
  return (
    <>
      <h1 tabIndex={-1}>Board</h1>
      {!removed && (
        <button type="button" onClick={() => setOpen('first')}>
          Open
        </button>
      )}
      <Dialog open={open === 'first'} onClose={() => setOpen(null)} title="First">
        <button type="button" onClick={() => setOpen('second')}>
          Go on
        </button>
        <button type="button" onClick={() => setAbove(true)}>
          Look
        </button>
        <label>
          Name <input />
        </label>
      </Dialog>
      <Dialog open={above} onClose={() => setAbove(false)} title="Above">
        text
      </Dialog>
      <Dialog open={open === 'second'} onClose={() => setOpen(null)} title="Second">
        <button
          type="button"
          onClick={() => {
            setRemoved(true);
            setOpen(null);
          }}
        >
          Remove
        </button>
      </Dialog>
    </>
  );
}

describe('a dialog', () => {
  it('begins at its first field and gives the focus back to what opened it', async () => {
    const user = userEvent.setup();
    render(<Board />);
    await user.click(screen.getByRole('button', { name: 'Open' }));
    expect(await screen.findByLabelText('Name')).toHaveFocus();
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.getByRole('button', { name: 'Open' })).toHaveFocus());
  });

  it('that follows another one gives it back to what opened the first', async () => {
    const user = userEvent.setup();
    render(<Board />);
    await user.click(screen.getByRole('button', { name: 'Open' }));
    await user.click(await screen.findByRole('button', { name: 'Go on' }));
    const second = await screen.findByRole('dialog', { name: 'Second' });
    await waitFor(() => expect(second).toContainElement(document.activeElement as HTMLElement));
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.getByRole('button', { name: 'Open' })).toHaveFocus());
  });

  it('above another one gives it back to that', async () => {
    const user = userEvent.setup();
    render(<Board />);
    await user.click(screen.getByRole('button', { name: 'Open' }));
    await user.click(await screen.findByRole('button', { name: 'Look' }));
    await screen.findByRole('dialog', { name: 'Above' });
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.getByRole('button', { name: 'Look' })).toHaveFocus());
  });

  it('gives it to the heading of the page when what opened it is gone', async () => {
    const user = userEvent.setup();
    render(<Board />);
    await user.click(screen.getByRole('button', { name: 'Open' }));
    await user.click(await screen.findByRole('button', { name: 'Go on' }));
    const second = await screen.findByRole('dialog', { name: 'Second' });
    await user.click(within(second).getByRole('button', { name: 'Remove' }));
    await waitFor(() => expect(screen.getByRole('heading', { name: 'Board' })).toHaveFocus());
  });
});
