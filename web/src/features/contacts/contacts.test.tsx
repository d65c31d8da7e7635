import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { writeCsv } from '@/lib/files';
import { aContact, aSession, listOf, problem, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';
import { columnsOf, faultOf, readCsv, withMeanings } from './csv';
import { refusedRows } from './parts/Report';

describe('contacts', () => {
  it('say what belongs here, and are kept from a viewer', async () => {
    showApp('/contacts', aSession());
    expect(await screen.findByRole('heading', { name: 'No contact yet' })).toBeVisible();
    expect(screen.getAllByRole('button', { name: 'Import contacts' }).length).toBeGreaterThan(0);
  });

  it('are forbidden to whoever may not read them', async () => {
    showApp('/contacts', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByText(/admin of Acme Dental can help/)).toBeVisible();
  });

  it('are looked for by name or number and by plan, kept in the address', async () => {
    const asked: string[] = [];
    server.use(
      http.get(url('/v1/contacts'), ({ request }) => {
        const { searchParams } = new URL(request.url);
        asked.push(`${searchParams.get('search')} ${searchParams.get('plan')}`);
        return HttpResponse.json(listOf(searchParams.get('search') ? [] : [aContact()]));
      }),
    );
    const { user, router } = showApp('/contacts', aSession());
    const row = await screen.findByRole('row', {
      name: /Ada Ortiz.*\+1 415 555 0111.*Premium.*Verified.*city: Oakland/,
    });
    expect(within(row).getByRole('link', { name: 'Ring Ada Ortiz' })).toHaveAttribute(
      'href',
      '/dashboard/calls?place=true&ring=%2B14155550111',
    );
    await user.selectOptions(screen.getByLabelText('Plan'), 'Premium');
    await user.type(screen.getByLabelText('Name or digits of a number'), 'nobody');
    expect(await screen.findByRole('heading', { name: 'Nothing matches' })).toBeVisible();
    expect(router.state.location.search).toEqual({ plan: 'premium', q: 'nobody' });
    expect(asked.at(-1)).toBe('nobody premium');
    await user.click(screen.getByRole('button', { name: 'Clear the filters' }));
    expect(await screen.findByText('Ada Ortiz')).toBeVisible();
    expect(screen.getByLabelText('Name or digits of a number')).toHaveValue('');
  });

  it('are added with every fault at its field, changed, and deleted after a question', async () => {
    const sent: unknown[] = [];
    let contacts = [aContact()];
    server.use(
      http.get(url('/v1/contacts'), () => HttpResponse.json(listOf(contacts))),
      http.post(url('/v1/contacts'), async ({ request }) => {
        sent.push(await request.json());
        return sent.length === 1
          ? problem(422, 'validation_failed', {
              errors: [{ param: 'e164', code: 'no_country_code', detail: 'needs a country code' }],
            })
          : HttpResponse.json(aContact(), { status: 201 });
      }),
      http.delete(url('/v1/contacts/con_1'), () => {
        contacts = [];
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = showApp('/contacts?add=true', aSession());
    const dialog = await screen.findByRole('dialog', { name: 'Add a contact' });
    const number = within(dialog).getByLabelText('Number');
    await user.type(number, '0123');
    await user.click(within(dialog).getByRole('button', { name: 'Add a contact' }));
    await waitFor(() => expect(number).toHaveAccessibleDescription(/Needs a country code/));
    await user.clear(number);
    await user.type(number, '(415) 555-0111');
    await user.click(within(dialog).getByRole('button', { name: 'Add an attribute' }));
    await user.type(within(dialog).getByLabelText('Name', { selector: '.font-mono' }), 'city');
    await user.type(within(dialog).getByLabelText('Value of city'), 'Oakland');
    await user.click(within(dialog).getByRole('button', { name: 'Add a contact' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(sent[1]).toEqual({
      e164: '(415) 555-0111',
      name: '',
      plan: 'standard',
      verified: false,
      attributes: { city: 'Oakland' },
    });
    await user.click(await screen.findByRole('button', { name: 'Delete Ada Ortiz' }));
    await user.click(await screen.findByRole('button', { name: 'Delete the contact' }));
    expect(await screen.findByRole('heading', { name: 'No contact yet' })).toBeVisible();
  });

  it('say who has a number', async () => {
    const answers = [
      { phone_number: '+14155550111', known: true, premium: true, contact: aContact() },
      { phone_number: '+14155550112', known: false, premium: false, contact: null },
    ];
    server.use(http.post(url('/v1/contacts/verify'), () => HttpResponse.json(answers.shift())));
    const { user } = showApp('/contacts', aSession());
    await user.click(await screen.findByRole('button', { name: 'Check a number' }));
    const dialog = await screen.findByRole('dialog', { name: 'Who has this number?' });
    await user.type(within(dialog).getByLabelText('Number'), '415 555 0111');
    await user.click(within(dialog).getByRole('button', { name: 'Check' }));
    expect(await within(dialog).findByText(/premium plan, taken by every number/)).toBeVisible();
    expect(within(dialog).getByText('Ada Ortiz, +1 415 555 0111')).toBeVisible();
    await user.click(within(dialog).getByRole('button', { name: 'Check' }));
    expect(await within(dialog).findByText(/Nobody you know/)).toBeVisible();
  });

  it('are imported from a file whose columns are matched, with a report of each line', async () => {
    const sent: { csv: string; country: string; on_known: string }[] = [];
    server.use(
      http.post(url('/v1/contacts/import'), async ({ request }) => {
        sent.push((await request.json()) as (typeof sent)[number]);
        return HttpResponse.json({
          accepted: 1,
          updated: 1,
          refused: 1,
          refusals: [{ line: 3, phone_number: '12', code: 'too_short', detail: 'is too short' }],
        });
      }),
    );
    const { user } = showApp('/contacts?import=true', aSession());
    const dialog = await screen.findByRole('dialog', { name: 'Import contacts' });
    const file = new File(['Who;Handy;Stadt\nAda;+14155550111;Oslo\nBen;12;Rom\n'], 'c.csv', {
      type: 'text/csv',
    });
    await user.upload(within(dialog).getByLabelText('CSV file'), file);
    expect(await within(dialog).findByText('One column must be the number.')).toBeVisible();
    await user.selectOptions(within(dialog).getByLabelText('Handy is'), 'Number');
    await user.selectOptions(within(dialog).getByLabelText('Who is'), 'Name');
    await user.click(within(dialog).getByRole('radio', { name: /stay as they are/ }));
    await user.click(within(dialog).getByRole('button', { name: 'Import 2 contacts' }));
    const report = await within(dialog).findByRole('region', { name: 'What became of the file' });
    expect(report).toHaveTextContent('2 contacts were taken in.');
    expect(within(report).getByRole('row', { name: '3 12 is too short' })).toBeVisible();
    expect(sent).toEqual([
      { csv: 'name,e164,Stadt\nAda,+14155550111,Oslo\nBen,12,Rom\n', country: 'US', on_known: 'keep' },
    ]);
  });
});

describe('CSV', () => {
  it('is read with quotes, marks of other countries, and without a byte order mark', () => {
    expect(readCsv('\uFEFFphone,name\r\n+1,"Ortiz, ""Ada"""\r\n\r\n')).toEqual([
      ['phone', 'name'],
      ['+1', 'Ortiz, "Ada"'],
    ]);
    expect(readCsv('a\tb\n1,2\t3')).toEqual([
      ['a', 'b'],
      ['1,2', '3'],
    ]);
    expect(writeCsv([['a', 'b "c"', 'd\ne']])).toBe('a,"b ""c""","d\ne"\n');
  });

  it('has its columns told by their names, each meaning once', () => {
    const rows = readCsv('Phone,Mobile,Full Name,City,\n1,2,3,4,5\n');
    const columns = columnsOf(rows);
    expect(columns.map(({ meaning }) => meaning)).toEqual(['e164', 'attribute', 'name', 'attribute', 'skip']);
    expect(faultOf(columns)).toBeNull();
    expect(withMeanings(rows, columns)).toBe('e164,Mobile,name,City\n1,2,3,4\n');
    expect(faultOf([])).toBe('noNumber');
    expect(faultOf(columns.map((column) => ({ ...column, meaning: 'e164' as const })))).toBe('twice');
  });

  it('gives refused lines back with their reasons', () => {
    const refusals = [{ line: 2, phone_number: 'x', code: 'not_a_number', detail: 'is not a phone number' }];
    const report = { accepted: 0, updated: 0, refused: 1, refusals };
    expect(refusedRows(report, [['phone'], ['x']])).toEqual([
      ['phone', 'reason'],
      ['x', 'is not a phone number'],
    ]);
  });
});
