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
  const narrow = width === 'narrow';
  const cards = <Cards now={now} />;
  // The talk keeps its place among the parts at every width: its words, its focus and where it was scrolled to stay.
  return (
    <div
      className={`grid min-h-0 flex-1 grid-cols-1 grid-rows-1 ${narrow ? '' : 'lg:grid-cols-[220px_minmax(0,1fr)]'} ${
        own ? 'outline-2 -outline-offset-2 outline-human' : ''
      }`}
    >
      <div key="lines" className="flex min-h-0 flex-col border-e border-line max-lg:hidden">
        {width === 'wide' && <LinesList now={now} />}
      </div>
      <div key="call" className="flex min-h-0 min-w-0 flex-col">
        {header}
        {narrow && (
          <div className="flex justify-center border-b border-line px-3 py-1.5">
            <Tabs now={now} tab={tab} onTab={onTab} />
          </div>
        )}
        <div
          key="body"
          className="grid min-h-0 flex-1 grid-cols-1 grid-rows-1 lg:grid-cols-[minmax(0,1fr)_320px] xl:grid-cols-[minmax(0,1fr)_350px]"
        >
          {narrow && tab === 'lines' && <LinesList now={now} />}
          <div
            key="talk"
            className={`relative flex min-h-0 min-w-0 flex-col ${narrow && tab !== 'talk' ? 'hidden' : ''}`}
          >
            {talk}
            {width === 'middle' && <DrawerButton now={now} onOpen={() => onTab('cards')} />}
          </div>
          {(width === 'wide' || (narrow && tab === 'cards')) && (
            <div
              key="cards"
              className={`relative min-h-0 overflow-y-auto ${narrow ? '' : 'border-s border-line'}`}
            >
              {cards}
            </div>
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
