import { Link } from '@tanstack/react-router';
import {
  ArrowLeftRight,
  BookUser,
  ChartColumn,
  Ellipsis,
  Hash,
  Keyboard,
  KeyRound,
  LayoutGrid,
  LogOut,
  type LucideIcon,
  PhoneCall,
  ScrollText,
  Settings,
  UserRoundPen,
  Users,
} from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore, signOut } from '@/api/session';
import { menuFor, type PageId } from '@/lib/permissions';
import { isWaiting } from '@/live/attention';
import { wall } from '@/live/live';
import { Dialog } from '@/ui/Dialog';
import { SwitchCompany, useCompanies } from './SwitchCompany';

const icons: Record<PageId, LucideIcon> = {
  live: LayoutGrid,
  calls: PhoneCall,
  numbers: Hash,
  personalities: UserRoundPen,
  contacts: BookUser,
  billing: ChartColumn,
  members: Users,
  keys: KeyRound,
  audit: ScrollText,
};

const item =
  'flex w-full flex-col items-center justify-center gap-0.5 rounded py-1.5 text-[0.6875rem]/3.5 text-ink-2 ' +
  'hover:bg-surface hover:text-ink aria-[current=page]:bg-tint aria-[current=page]:text-brand max-md:h-14 md:h-13';

/** The strip of pages: bakelite in both themes, at the side or, on a narrow screen, at the foot. */
export function Rail({ onKeys }: { onKeys: () => void }) {
  const { t } = useTranslation();
  const [more, setMore] = useState(false);
  const [switching, setSwitching] = useState(false);
  const companies = useCompanies();
  const company = useStore(sessionStore, ({ session }) => session?.tenant.name ?? '');
  const held = useStore(sessionStore, ({ session }) => session?.permissions);
  const pages = menuFor(held ?? []);
  const first = pages.slice(0, 4);
  return (
    <nav
      aria-label={t('menu')}
      className="docked border-line bg-sunken text-ink [color-scheme:dark] max-md:border-t md:flex md:flex-col md:border-e"
    >
      <Link to="/" className="grid h-14 place-items-center max-md:hidden" aria-label={t('app')}>
        <Mark />
      </Link>
      <ul className="grid gap-1 px-1 max-md:auto-cols-fr max-md:grid-flow-col md:min-h-0 md:flex-1 md:content-start md:overflow-y-auto">
        {pages.map((page) => (
          <li key={page.id} className={first.includes(page) ? '' : 'max-md:hidden'}>
            <Link to={page.to} className={item}>
              <PageIcon page={page.id} />
              {t(`short.${page.id}`)}
            </Link>
          </li>
        ))}
        <li className="md:hidden">
          <button type="button" className={item} onClick={() => setMore(true)} aria-haspopup="dialog">
            <Ellipsis size={20} aria-hidden="true" />
            {t('more')}
          </button>
        </li>
      </ul>
      <ul className="grid gap-1 px-1 pb-2 max-md:hidden">
        <li>
          <button type="button" className={item} onClick={onKeys} aria-label={t('keysHelp.title')}>
            <Keyboard size={18} aria-hidden="true" />
          </button>
        </li>
        {companies.length > 0 && (
          <li>
            <button type="button" className={item} aria-haspopup="dialog" onClick={() => setSwitching(true)}>
              <ArrowLeftRight size={18} aria-hidden="true" />
              <span className="sr-only">{t('company.now', { name: company })}</span>
              <span aria-hidden="true" className="max-w-14 truncate">
                {company}
              </span>
            </button>
          </li>
        )}
        <li>
          <Link to="/settings" className={item}>
            <Settings size={18} aria-hidden="true" />
            {t('short.settings')}
          </Link>
        </li>
        <li>
          <button type="button" className={item} onClick={() => void signOut()}>
            <LogOut size={18} aria-hidden="true" />
            {t('signOut')}
          </button>
        </li>
      </ul>
      <Dialog open={more} onClose={() => setMore(false)} title={t('menu')} place="drawer">
        {/* A press on any entry leaves the page, so it closes the list too. */}
        <ul className="grid text-lg [&_a]:flex [&_a]:w-full [&_a]:py-3" onClickCapture={() => setMore(false)}>
          {pages
            .filter((page) => !first.includes(page))
            .map((page) => (
              <li key={page.id} className="border-b border-line">
                <Link to={page.to}>{t(`page.${page.id}`)}</Link>
              </li>
            ))}
          <li className="border-b border-line">
            <Link to="/settings">{t('page.settings')}</Link>
          </li>
          {companies.length > 0 && (
            <li className="border-b border-line">
              <button
                type="button"
                className="w-full py-3 text-start"
                aria-haspopup="dialog"
                onClick={() => setSwitching(true)}
              >
                {t('company.now', { name: company })}
              </button>
            </li>
          )}
          <li>
            <button type="button" className="w-full py-3 text-start" onClick={() => void signOut()}>
              {t('signOut')}
            </button>
          </li>
        </ul>
      </Dialog>
      <SwitchCompany open={switching} companies={companies} onClose={() => setSwitching(false)} />
    </nav>
  );
}

function PageIcon({ page }: { page: PageId }) {
  const Icon = icons[page];
  const asking = useStore(wall.store, ({ lines }) => Object.values(lines).filter(isWaiting).length);
  if (page !== 'live' || asking === 0) return <Icon size={20} strokeWidth={1.75} aria-hidden="true" />;
  return (
    <span className="relative">
      <Icon size={20} strokeWidth={1.75} aria-hidden="true" />
      <span className="fig absolute -inset-e-4 -top-1.5 text-human">◆{asking}</span>
    </span>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" className="size-8" aria-hidden="true">
      <circle cx="16" cy="12" r="7" fill="none" stroke="var(--ink)" strokeWidth="2.5" />
      <circle cx="16" cy="12" r="2.2" fill="var(--ink)" />
      <path
        d="M16 19v4c0 4.5 8 2 8 8"
        fill="none"
        stroke="var(--human)"
        strokeWidth="3"
        strokeLinecap="round"
      />
    </svg>
  );
}
