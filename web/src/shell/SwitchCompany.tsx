import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { api, body } from '@/api/client';
import { sessionStore, signIn } from '@/api/session';
import type { Me } from '@/api/types';
import { FormProblem, useAct } from '@/lib/forms';
import { useMe } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';

type Memberships = Me['memberships'];

/** The companies of a person who is in several; empty for everybody else. */
export function useCompanies(): Memberships {
  const memberships = useMe().data?.memberships ?? [];
  return memberships.length > 1 ? memberships : [];
}

interface Props {
  companies: Memberships;
  onClose: () => void;
}

/** Which of one's companies this browser shows. */
export function SwitchCompany({ open, ...props }: Props & { open: boolean }) {
  const { t } = useTranslation('common');
  return (
    <Dialog open={open} onClose={props.onClose} title={t('company.title')} description={t('company.hint')}>
      <Companies {...props} />
    </Dialog>
  );
}

function Companies({ companies, onClose }: Props) {
  const { t } = useTranslation('common');
  const navigate = useNavigate();
  const here = useStore(sessionStore, ({ session }) => session?.tenant.id);
  const { busy, problem, act } = useAct();
  const go = async (tenant_id: string) => {
    const done = await act(async () =>
      signIn(body(await api.POST('/v1/auth/switch', { body: { tenant_id } }))),
    );
    if (!done) return;
    onClose();
    await navigate({ to: '/' });
  };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-2">
        {companies.map(({ tenant_id, name, role }) => (
          <li key={tenant_id} className="flex min-h-9 items-center gap-3">
            <span className="min-w-0 flex-1 truncate font-medium">{name}</span>
            <Chip>{t(`role.${role}`)}</Chip>
            {tenant_id === here ? (
              <span className="text-sm whitespace-nowrap text-ink-3">{t('company.here')}</span>
            ) : (
              <Button size="small" busy={busy} onClick={() => void go(tenant_id)}>
                {t('company.go')}
                <span className="sr-only"> {name}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
      <FormProblem problem={problem} />
    </div>
  );
}
