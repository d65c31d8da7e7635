import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { PersonalityPatch } from '@/api/types';
import { useCan } from '@/lib/hooks';
import { UnsavedQuestion } from '@/lib/Unsaved';
import { Button, TextLink } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import { Answer, Loading, Notice } from '@/ui/States';
import '../strings';
import { Editor } from '../parts/Editor';
import { ReadView } from '../parts/ReadView';

const route = getRouteApi('/_app/personalities/$id');
/** Comes with the press that asks for it. */
const PhonePanel = lazy(async () => ({ default: (await import('@/phone/PhonePanel')).PhonePanel }));

/** One personality: read it, change it. */
export function PersonalityPage() {
  const { t } = useTranslation(['personalities', 'common']);
  const { id } = route.useParams();
  const [editing, setEditing] = useState(false);
  const [focus, setFocus] = useState<string | null>(null);
  const [saved, setSaved] = useState<number | null>(null);
  const [trying, setTrying] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const changes = useRef<(() => PersonalityPatch) | null>(null);
  const calls = useCan('web_call.create');
  const writes = useCan('personality.write');
  const query = $api.useQuery('get', '/v1/personalities/{id}', { params: { path: { id } } });
  const { data } = query;
  const edit = (on: boolean, field: string | null = null) => {
    setFocus(field);
    setEditing(on);
  };
  const isDirty = () => editing && Object.keys(changes.current?.() ?? {}).length > 0;
  return (
    <Page
      title={data?.name ?? t('common:page.personalities')}
      aside={data && <span className="fig">{t('version', { version: data.version })}</span>}
      actions={
        data && (
          <>
            {calls && (
              <Button aria-expanded={trying} onClick={() => setTrying(!trying)}>
                {trying ? t('tryStop') : t('try')}
              </Button>
            )}
            {writes && (
              <Button
                kind={editing ? 'plain' : 'primary'}
                onClick={() => (isDirty() ? setLeaving(true) : edit(!editing))}
              >
                {editing ? t('stop') : t('edit')}
              </Button>
            )}
          </>
        )
      }
    >
      <UnsavedQuestion
        open={leaving}
        onStay={() => setLeaving(false)}
        onLeave={() => {
          setLeaving(false);
          edit(false);
        }}
      />
      <Answer of={query} problem={asProblem}>
        {(personality) => (
          <div className={trying ? 'lg:grid lg:grid-cols-[minmax(0,1fr)_420px]' : ''}>
            {trying && (
              <aside className="flex h-[72dvh] flex-col border-line max-lg:border-b lg:sticky lg:top-0 lg:order-last lg:h-[calc(100dvh-3.5rem)] lg:border-s">
                <Suspense fallback={<Loading rows={3} />}>
                  <PhonePanel
                    name={personality.name}
                    draft={editing}
                    party={() => partyOf(personality.id, changes.current?.())}
                  />
                </Suspense>
              </aside>
            )}
            <div className="min-w-0">
              <Body narrow>
                <p className="px-4 text-sm md:px-0">
                  <TextLink to="/personalities">{t('back')}</TextLink>
                </p>
                {saved !== null && !editing && (
                  <div className="max-md:px-3">
                    <Notice kind="ok">{t('saved', { version: saved })}</Notice>
                  </div>
                )}
                {editing ? (
                  <Editor
                    before={personality}
                    focus={focus}
                    changes={changes}
                    onSaved={({ version }) => {
                      setSaved(version);
                      setEditing(false);
                    }}
                    onReload={() => {
                      setEditing(false);
                      void query.refetch();
                    }}
                  />
                ) : (
                  <ReadView
                    personality={personality}
                    onField={writes ? (field) => edit(true, field) : undefined}
                  />
                )}
              </Body>
            </div>
          </div>
        )}
      </Answer>
    </Page>
  );
}

/** With whom a trial is: what is saved, or what it would be with the changes. */
function partyOf(personality_id: string, draft: PersonalityPatch | undefined) {
  return draft && Object.keys(draft).length > 0 ? { personality_id, draft } : { personality_id };
}
