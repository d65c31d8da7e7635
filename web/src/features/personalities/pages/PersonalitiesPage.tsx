import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Personality } from '@/api/types';
import { useCan } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { Button, ButtonLink } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Body, Page } from '@/ui/Page';
import { Answer, Empty } from '@/ui/States';
import '../strings';
import { opening } from '../parts/ReadView';

/** Who can answer: the presets and the company's own. */
export function PersonalitiesPage() {
  const { t } = useTranslation(['personalities', 'common']);
  const [q, setQ] = useState('');
  const writes = useCan('personality.write');
  const list = $api.useQuery('get', '/v1/personalities', { params: { query: { limit: 100 } } });
  const matches = (each: Personality) =>
    `${each.name} ${each.description} ${each.traits.join(' ')}`.toLowerCase().includes(q.toLowerCase());
  const create = writes && (
    <ButtonLink to="/personalities/new" kind="primary">
      {t('new')}
    </ButtonLink>
  );
  return (
    <Page
      title={t('common:page.personalities')}
      aside={list.data && t('count', { count: list.data.data.length })}
      actions={create}
    >
      <div className="border-b border-line px-4 py-2 md:px-6">
        <div className="sm:w-56">
          <TextField
            label={t('filter')}
            placeholder={t('filter')}
            hideLabel
            type="search"
            data-filter=""
            value={q}
            onChange={(event) => setQ(event.target.value)}
          />
        </div>
      </div>
      <Answer of={list} problem={asProblem}>
        {({ data }) => {
          const shown = data.filter(matches);
          if (data.length === 0)
            return <Empty title={t('empty.title')} hint={t('empty.hint')} action={create} />;
          if (shown.length === 0) {
            return (
              <Empty title={t('nothing')} action={<Button onClick={() => setQ('')}>{t('clear')}</Button>} />
            );
          }
          return (
            <Body>
              <ul className="grid gap-px border-y border-line bg-line sm:grid-cols-2 md:rounded md:border lg:grid-cols-3">
                {shown.map((personality) => (
                  <Card key={personality.id} personality={personality} />
                ))}
                {Array.from({ length: (3 - (shown.length % 3)) % 3 }, (_, at) => `rest ${at}`).map((key) => (
                  <li key={key} className="bg-canvas max-lg:hidden" aria-hidden="true" />
                ))}
              </ul>
            </Body>
          );
        }}
      </Answer>
    </Page>
  );
}

function Card({ personality }: { personality: Personality }) {
  const { t } = useTranslation('personalities');
  const { id, name, description, preset, version, voice, language, greeting, greeting_policy } = personality;
  return (
    <li className="relative grid content-start gap-2 bg-surface p-4 hover:bg-sunken">
      <div className="flex items-baseline gap-2">
        <h2 className="min-w-0 truncate font-semibold">
          <Link to="/personalities/$id" params={{ id }} className="after:absolute after:inset-0">
            {name}
          </Link>
        </h2>
        <span className="fig text-ink-3">{t('version', { version })}</span>
        <span className="ms-auto">
          <Chip tone={preset ? 'plain' : 'brand'}>{preset ? t('preset') : t('own')}</Chip>
        </span>
      </div>
      <p className="line-clamp-2 text-ink-2">{description}</p>
      <p className="flex min-w-0 text-sm text-ink-2" data-speaker="agent">
        <span className="cord me-2" data-plug="true" aria-hidden="true" />
        <span className="line-clamp-2 py-0.5" dir="auto">
          {opening(greeting, greeting_policy, t)}
        </span>
      </p>
      <p className="fig text-ink-3">
        {t('voiceOf', { voice })} · {language}
      </p>
    </li>
  );
}
