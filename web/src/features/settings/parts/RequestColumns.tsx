import { useTranslation } from 'react-i18next';
import type { Erasure, PrivacyExport } from '@/api/types';
import { dateTime } from '@/lib/format';
import { Chip } from '@/ui/Bits';
import type { Column } from '@/ui/Table';

const tones = { queued: 'plain', running: 'brand', ready: 'ok', done: 'ok', failed: 'danger' } as const;
type State = keyof typeof tones;

/** What tells of any request for a copy or an erasure: of what, when, and how it stands. */
export function useRequestColumns(): Column<PrivacyExport | Erasure>[] {
  const { t } = useTranslation('settings');
  return [
    {
      id: 'subject',
      label: t('privacy.of'),
      lead: true,
      cell: ({ subject }) => (
        <span className="font-medium">{t(subject === 'tenant' ? 'privacy.company' : 'privacy.contact')}</span>
      ),
    },
    { id: 'asked', label: t('privacy.asked'), tight: true, cell: ({ created_at }) => dateTime(created_at) },
    {
      id: 'status',
      label: t('privacy.status'),
      cell: ({ status, failure }) => (
        <span role="status" className="flex flex-wrap items-center gap-2">
          <Chip tone={tones[status as State] ?? 'plain'}>
            {status in tones ? t(`privacy.state.${status as State}`) : status}
          </Chip>
          {failure && <span className="text-xs text-danger">{failure}</span>}
        </span>
      ),
    },
  ];
}
