import { useTranslation } from 'react-i18next';
import type { Role } from '@/api/types';
import { Segments } from '@/ui/Field';
import { type Ability, roles } from '../abilities';

export function RoleChoice({ value, onChange }: { value: Role; onChange: (role: Role) => void }) {
  const { t } = useTranslation(['members', 'common']);
  return (
    <div className="grid gap-1">
      <p className="text-sm font-medium text-ink-2">{t('role')}</p>
      <Segments
        label={t('role')}
        value={value}
        choices={roles.map((role) => ({ value: role, label: t(`common:role.${role}`) }))}
        onChange={onChange}
      />
    </div>
  );
}

/** Abilities as a list, under a heading. */
export function Abilities({
  title,
  abilities,
  sign,
}: {
  title: string;
  abilities: readonly Ability[];
  sign: '+' | '−';
}) {
  const { t } = useTranslation('members');
  if (abilities.length === 0) return null;
  return (
    <section>
      <h3 className="mb-1 text-sm font-medium">{title}</h3>
      <ul className="grid gap-0.5 text-sm text-ink-2">
        {abilities.map((ability) => (
          <li key={ability} className="flex gap-2">
            <span aria-hidden="true" className={sign === '+' ? 'text-ok' : 'text-danger'}>
              {sign}
            </span>
            {t(`ability.${ability}`)}
          </li>
        ))}
      </ul>
    </section>
  );
}
