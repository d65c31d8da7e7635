import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { endedWords, farEnd } from '@/lib/ended';
import { dateTime, duration } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { useHere } from '../here';
import { Part } from './Part';

/** Who is at the other end: what is kept of them, and their calls before this one. */
export function CallerCard() {
  const { t } = useTranslation('console');
  const { call } = useHere();
  const contact = useContact();
  const earlier = useEarlier();
  const facts = Object.entries(contact?.attributes ?? {}).slice(0, 6);
  const plan = contact?.plan;
  return (
    <Part title={t(call.direction === 'outbound' ? 'callee' : 'caller')}>
      <div className="grid gap-2">
        {contact ? (
          <>
            <p className="flex flex-wrap items-center gap-2">
              <span className="font-medium" dir="auto">
                {contact.name}
              </span>
              {plan === 'premium' && <Chip tone="brand">{t('premium')}</Chip>}
              {contact.verified && <Chip tone="ok">{t('verified')}</Chip>}
            </p>
            {facts.length > 0 && (
              <dl className="grid grid-cols-[minmax(72px,auto)_1fr] gap-x-3 gap-y-1 text-sm" data-verbatim="">
                {facts.map(([name, value]) => (
                  <div key={name} className="contents">
                    <dt className="text-ink-3">{name}</dt>
                    <dd className="min-w-0 break-words">{String(value)}</dd>
                  </div>
                ))}
              </dl>
            )}
          </>
        ) : (
          <p className="text-sm text-ink-3">{t('noContact')}</p>
        )}
        {earlier.length > 0 && (
          <div>
            <h3 className="text-sm text-ink-3">{t('earlier', { count: earlier.length })}</h3>
            <ul>
              {earlier.map((each) => (
                <li key={each.id}>
                  <Link
                    to="/calls/$call"
                    params={{ call: each.id }}
                    className="flex min-h-7 flex-wrap items-baseline gap-x-3 rounded text-sm hover:bg-sunken"
                  >
                    <span>{dateTime(each.created_at)}</span>
                    <span className="fig text-ink-3">{duration(each.duration_ms ?? 0)}</span>
                    <span className="min-w-0 flex-1 truncate text-ink-2">{endedWords(each)}</span>
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </Part>
  );
}

/** What is kept of the other end, if anything and if one may know it. */
export function useContact() {
  const { call } = useHere();
  const reads = useCan('contact.read');
  const far = farEnd(call);
  const digits = /^\+\d{7,15}$/.test(far) ? far.slice(1) : null;
  const { data } = $api.useQuery(
    'get',
    '/v1/contacts',
    { params: { query: { search: digits ?? '', limit: 5 } } },
    { enabled: reads && digits !== null, staleTime: 60_000 },
  );
  return data?.data.find(({ e164 }) => e164 === far) ?? null;
}

function useEarlier() {
  const { call } = useHere();
  const reads = useCan('call.read');
  const far = farEnd(call);
  const known = /^\+\d{7,15}$/.test(far);
  const { data } = $api.useQuery(
    'get',
    '/v1/calls',
    { params: { query: { contains: far.slice(1), status: 'ended', limit: 5 } } },
    { enabled: reads && known, staleTime: 60_000 },
  );
  return (data?.data ?? []).filter((each) => each.id !== call.id && farEnd(each) === far);
}
