import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore } from '@/api/session';
import { Button, ButtonLink } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { type Filters, isFiltered, noFilters } from '../filters';
import { dropView, isSameView, saveView, viewStore } from '../views';

const none: never[] = [];

/** The views of this browser as links, and the way to keep the present one. */
export function Views({ filters }: { filters: Filters }) {
  const { t } = useTranslation('calls');
  const tenant = useStore(sessionStore, ({ session }) => session?.tenant.id ?? '');
  const views = useStore(viewStore, (state) => state.views[tenant] ?? none);
  const [naming, setNaming] = useState(false);
  const present = views.find((view) => isSameView(view.filters, filters));
  const canSave = isFiltered(filters) && !present;
  if (views.length === 0 && !canSave) return null;
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-1.5 md:px-6">
      {views.length > 0 && (
        <nav aria-label={t('views.label')}>
          <ul className="flex flex-wrap gap-2">
            <li>
              <ButtonLink
                to="/calls"
                search={noFilters}
                size="small"
                kind={isFiltered(filters) ? 'quiet' : 'plain'}
                aria-current={isFiltered(filters) ? undefined : 'true'}
                activeProps={{}}
              >
                {t('all')}
              </ButtonLink>
            </li>
            {views.map((view) => (
              <li key={view.name} className="flex">
                <ButtonLink
                  to="/calls"
                  search={view.filters}
                  size="small"
                  kind={view === present ? 'plain' : 'quiet'}
                  aria-current={view === present ? 'true' : undefined}
                  activeProps={{}}
                >
                  {view.name}
                </ButtonLink>
                {view === present && (
                  <Button
                    size="little"
                    kind="quiet"
                    aria-label={t('views.drop', { name: view.name })}
                    onClick={() => dropView(tenant, view.name)}
                  >
                    ×
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </nav>
      )}
      {canSave && (
        <Button size="small" kind="quiet" onClick={() => setNaming(true)}>
          {t('views.save')}
        </Button>
      )}
      <Dialog
        open={naming}
        onClose={() => setNaming(false)}
        title={t('views.title')}
        description={t('views.hint')}
      >
        <NameForm
          onClose={() => setNaming(false)}
          onName={(name) => {
            saveView(tenant, { name, filters });
            setNaming(false);
          }}
        />
      </Dialog>
    </div>
  );
}

function NameForm({ onName, onClose }: { onName: (name: string) => void; onClose: () => void }) {
  const { t } = useTranslation(['calls', 'common']);
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim()) onName(name.trim());
  };
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <TextField
        label={t('views.name')}
        maxLength={40}
        value={name}
        error={tried && !name.trim() ? t('views.nameFault') : undefined}
        onChange={(event) => setName(event.target.value)}
      />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary">
          {t('common:save')}
        </Button>
      </Buttons>
    </form>
  );
}
