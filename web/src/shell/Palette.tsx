import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore, signOut } from '@/api/session';
import { menuFor } from '@/lib/permissions';
import { switchTheme } from '@/lib/preferences';
import { Dialog } from '@/ui/Dialog';

/** Finds a page or an act by name. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const held = useStore(sessionStore, ({ session }) => session?.permissions);
  const entries: [string, () => void][] = [
    ...menuFor(held ?? []).map((page): [string, () => void] => [
      t(`page.${page.id}`),
      () => void navigate({ to: page.to }),
    ]),
    ...(held?.includes('web_call.create')
      ? [[t('page.phone'), () => void navigate({ to: '/phone' })] satisfies [string, () => void]]
      : []),
    [t('page.settings'), () => void navigate({ to: '/settings' })],
    [t('palette.theme'), switchTheme],
    [t('signOut'), () => void signOut()],
  ];
  return (
    <Dialog open onClose={onClose} title={t('palette.title')}>
      <Command label={t('palette.title')} className="grid gap-2">
        <Command.Input
          autoFocus
          placeholder={t('palette.placeholder')}
          className="h-9 w-full rounded border border-line-strong bg-surface px-2.5"
        />
        <Command.List className="max-h-80 overflow-y-auto">
          <Command.Empty className="p-3 text-ink-2">{t('palette.none')}</Command.Empty>
          {entries.map(([name, run]) => (
            <Command.Item
              key={name}
              value={name}
              onSelect={() => {
                onClose();
                run();
              }}
              className="flex min-h-9 cursor-pointer items-center rounded px-2.5 data-[selected=true]:bg-tint"
            >
              {name}
            </Command.Item>
          ))}
        </Command.List>
      </Command>
    </Dialog>
  );
}
