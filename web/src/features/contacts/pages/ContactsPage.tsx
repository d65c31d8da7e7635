import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import type { Contact } from '@/api/types';
import { useCan } from '@/lib/hooks';
import { useKeys } from '@/lib/keys';
import { More, usePages } from '@/lib/pages';
import { Button } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import { Answer, Empty } from '@/ui/States';
import '../strings';
import { listContacts } from '../model';
import { ContactDrawer } from '../parts/ContactDrawer';
import { ContactsTable } from '../parts/ContactsTable';
import { DeleteContact } from '../parts/DeleteContact';
import { Filters } from '../parts/Filters';
import { ImportDrawer } from '../parts/ImportDrawer';
import { VerifyDialog } from '../parts/VerifyDialog';

const route = getRouteApi('/_app/contacts');

/** The people that the company knows by their numbers. */
export function ContactsPage() {
  const { t } = useTranslation(['contacts', 'common']);
  const navigate = useNavigate();
  const { q, plan, add, import: imports } = route.useSearch();
  const writes = useCan('contact.write');
  const [editing, setEditing] = useState<Contact | null>(null);
  const [deleting, setDeleting] = useState<Contact | null>(null);
  const [verifying, setVerifying] = useState(false);
  const contacts = usePages(
    ['get', '/v1/contacts', { q, plan }],
    (cursor, signal) => listContacts({ q, plan }, cursor, signal),
    { keeps: true },
  );
  const search = (change: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ to: '/contacts', search: (old) => ({ ...old, ...change }), replace: true });
  const isFiltered = q !== undefined || plan !== undefined;
  useKeys({ c: () => writes && search({ add: true }) });

  const acts = writes && (
    <>
      <Button onClick={() => search({ import: true })}>{t('import.open')}</Button>
      <Button kind="primary" onClick={() => search({ add: true })}>
        {t('add')}
      </Button>
    </>
  );
  return (
    <Page
      title={t('common:page.contacts')}
      actions={
        <>
          <Button kind="quiet" onClick={() => setVerifying(true)}>
            {t('verify.open')}
          </Button>
          {acts}
        </>
      }
    >
      <Filters filters={{ q, plan }} onChange={search} />
      <Body>
        <div className="border-y border-line bg-surface md:rounded md:border-x">
          <Answer of={contacts} problem={asProblem} rows={8}>
            {({ pages }) => {
              const rows = pages.flatMap((page) => page.data);
              if (rows.length > 0) {
                return <ContactsTable contacts={rows} onEdit={setEditing} onDelete={setDeleting} />;
              }
              return isFiltered ? (
                <Empty
                  title={t('nothing')}
                  action={
                    <Button onClick={() => search({ q: undefined, plan: undefined })}>{t('clear')}</Button>
                  }
                />
              ) : (
                <Empty
                  title={t('empty.title')}
                  hint={t('empty.hint')}
                  action={<div className="flex flex-wrap justify-center gap-2">{acts}</div>}
                />
              );
            }}
          </Answer>
        </div>
        <More of={contacts} />
      </Body>
      <ContactDrawer
        contact={editing ?? (add && writes ? 'new' : null)}
        onClose={() => (editing ? setEditing(null) : search({ add: undefined }))}
      />
      <ImportDrawer open={imports === true && writes} onClose={() => search({ import: undefined })} />
      <VerifyDialog open={verifying} onClose={() => setVerifying(false)} />
      <DeleteContact contact={deleting} onClose={() => setDeleting(null)} />
    </Page>
  );
}
