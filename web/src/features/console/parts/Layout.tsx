import { PanelRightOpen } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Segments } from '@/ui/Field';
import { useHere } from '../here';
import { questionsOf } from '../model';
import { useWidth } from '../width';
import { Cards } from './Cards';
import { LinesList } from './LinesList';

export type Tab = 'lines' | 'talk' | 'cards';

interface Props {
  now: number;
  tab: Tab;
  onTab: (tab: Tab) => void;
  /** One speaks with the caller: the frame says so. */
  own: boolean;
  header: ReactNode;
  talk: ReactNode;
}

/** Lines, talk and cards beside each other; on less room the cards are a drawer, on the least all three are tabs. */
export function Layout({ now, tab, onTab, own, header, talk }: Props) {
  const width = useWidth();
  const cards = <Cards now={now} />;
  const frame = own ? 'outline-2 -outline-offset-2 outline-human' : '';
  if (width === 'narrow') {
    return (
      <div className={`flex min-h-0 flex-1 flex-col ${frame}`}>
        {header}
        <div className="flex justify-center border-b border-line px-3 py-1.5">
          <Tabs now={now} tab={tab} onTab={onTab} />
        </div>
        {tab === 'lines' && <LinesList now={now} />}
        {/* The talk stays, so that what is being typed is not lost. */}
        <div className={`flex min-h-0 flex-1 flex-col ${tab === 'talk' ? '' : 'hidden'}`}>{talk}</div>
        {tab === 'cards' && <div className="relative min-h-0 flex-1 overflow-y-auto">{cards}</div>}
      </div>
    );
  }
  return (
    <div
      className={`grid min-h-0 flex-1 grid-cols-1 grid-rows-1 lg:grid-cols-[220px_minmax(0,1fr)] ${frame}`}
    >
      <div className="flex min-h-0 flex-col border-e border-line max-lg:hidden">
        <LinesList now={now} />
      </div>
      <div className="flex min-h-0 min-w-0 flex-col">
        {header}
        <div className="grid min-h-0 flex-1 grid-rows-1 lg:grid-cols-[minmax(0,1fr)_320px] xl:grid-cols-[minmax(0,1fr)_350px]">
          <div className="relative flex min-h-0 min-w-0 flex-col">
            {talk}
            {width === 'middle' && <DrawerButton now={now} onOpen={() => onTab('cards')} />}
          </div>
          {width === 'wide' && (
            <div className="relative min-h-0 overflow-y-auto border-s border-line">{cards}</div>
          )}
        </div>
      </div>
      {width === 'middle' && <Drawer open={tab === 'cards'} onClose={() => onTab('talk')} cards={cards} />}
    </div>
  );
}

/** Requests that wait for a person. */
function useWaiting(now: number): number {
  const { live } = useHere();
  return questionsOf(live, now).open.length + live.approvals.length;
}

function Tabs({ now, tab, onTab }: Pick<Props, 'now' | 'tab' | 'onTab'>) {
  const { t } = useTranslation('console');
  const waiting = useWaiting(now);
  return (
    <Segments
      label={t('tabs.label')}
      value={tab}
      choices={[
        { value: 'lines', label: t('tabs.lines') },
        { value: 'talk', label: t('tabs.talk') },
        { value: 'cards', label: waiting > 0 ? t('tabs.cardsWaiting', { count: waiting }) : t('tabs.cards') },
      ]}
      onChange={onTab}
    />
  );
}

function DrawerButton({ now, onOpen }: { now: number; onOpen: () => void }) {
  const { t } = useTranslation('console');
  const waiting = useWaiting(now);
  return (
    <div className="absolute end-3 top-2 z-10">
      <Button size="small" onClick={onOpen} aria-haspopup="dialog">
        <PanelRightOpen size={14} aria-hidden="true" />
        {waiting > 0 ? t('tabs.cardsWaiting', { count: waiting }) : t('tabs.cards')}
      </Button>
    </div>
  );
}

function Drawer({ open, onClose, cards }: { open: boolean; onClose: () => void; cards: ReactNode }) {
  const { t } = useTranslation('console');
  return (
    <Dialog open={open} onClose={onClose} title={t('cards')} place="drawer">
      <div className="-m-4">{cards}</div>
    </Dialog>
  );
}
