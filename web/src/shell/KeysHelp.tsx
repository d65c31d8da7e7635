import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore } from '@/api/session';
import { menuFor } from '@/lib/permissions';
import { Kbd } from '@/ui/Bits';
import { Dialog } from '@/ui/Dialog';

const consoleKeys = [
  [['s'], 'say'],
  [['w'], 'guide'],
  [[';'], 'canned'],
  [['a'], 'answer'],
  [['y'], 'approve'],
  [['e'], 'edit'],
  [['r'], 'reject'],
  [['v'], 'approvalMode'],
  [['l'], 'listen'],
  [['t'], 'takeOver'],
  [['m'], 'mute'],
  [['b'], 'handBack'],
  [['c'], 'claim'],
  [['h'], 'hold'],
  [['n'], 'note'],
  [['d'], 'pad'],
  [['x'], 'transfer'],
  [['q'], 'end'],
  [['z'], 'undo'],
  [['End'], 'newest'],
  [['↑', '↓'], 'walk'],
  [[']'], 'nextAsking'],
  [['['], 'wall'],
] as const;

/** The list of keys. */
export default function KeysHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const held = useStore(sessionStore, ({ session }) => session?.permissions);
  const groups: [string, [string[], string][]][] = [
    [
      t('keysHelp.everywhere'),
      [
        [['?'], t('keysHelp.help')],
        [['Ctrl', 'K'], t('keysHelp.palette')],
        ...menuFor(held ?? []).map((page): [string[], string] => [
          ['g', page.key],
          t('keysHelp.go', { page: t(`page.${page.id}`) }),
        ]),
        [['/'], t('keysHelp.filter')],
        [['j', 'k'], t('keysHelp.rows')],
        [[t('keysHelp.space')], t('keysHelp.peek')],
        [['c'], t('keysHelp.create')],
        [['Esc'], t('keysHelp.close')],
      ],
    ],
    [
      t('keysHelp.lines'),
      [
        [['1', '9'], t('keysHelp.openLine')],
        [[']'], t('keysHelp.nextAsking')],
        [['o'], t('keysHelp.order')],
      ],
    ],
    [
      t('keysHelp.console'),
      [...consoleKeys.map(([keys, what]): [string[], string] => [[...keys], t(`keysHelp.${what}`)])],
    ],
  ];
  return (
    <Dialog open onClose={onClose} title={t('keysHelp.title')} description={t('keysHelp.off')}>
      {/* Long on a small screen, and without anything to press: so that it can be scrolled by keys. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as above */}
      <section className="grid gap-5" aria-label={t('keysHelp.title')} tabIndex={0}>
        {groups.map(([name, rows]) => (
          <section key={name}>
            <h3 className="mb-1 text-sm font-semibold text-ink-2">{name}</h3>
            <dl>
              {rows.map(([keys, what]) => (
                <div
                  key={what}
                  className="flex items-center justify-between gap-4 border-b border-line py-1.5"
                >
                  <dt>{what}</dt>
                  <dd className="flex gap-1">
                    {keys.map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </section>
    </Dialog>
  );
}
