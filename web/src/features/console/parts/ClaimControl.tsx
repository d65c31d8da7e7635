import { Hand } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Holder } from '@/supervision/Holder';
import { KeyHint } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { useHere } from '../here';

/** Who handles the call; claim it, let it go, ask for it, or take it over from a colleague. */
export function ClaimControl() {
  const { t } = useTranslation('console');
  const { call, live, self, over, cut, can, heldBy, act } = useHere();
  const others = live.watchers.filter(({ id }) => id !== self);
  const own = live.claimed_by !== null && live.claimed_by.id === self;
  const off = cut || call.status === 'ended';
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-2">
      <Holder holder={live.claimed_by} self={self} />
      {can.intervene && !over && (
        <>
          {!live.claimed_by && (
            <Button size="small" disabled={off} onClick={() => act({ type: 'claim' })} aria-keyshortcuts="c">
              <Hand size={14} aria-hidden="true" />
              {t('claim')} <KeyHint>c</KeyHint>
            </Button>
          )}
          {own && (
            <Button
              size="small"
              kind="quiet"
              disabled={off}
              onClick={() => act({ type: 'release' })}
              aria-keyshortcuts="c"
            >
              {t('release')}
            </Button>
          )}
          {heldBy && (
            <Button size="small" disabled={off} onClick={() => act({ type: 'claim', take: true })}>
              {t('takeIt')}
            </Button>
          )}
        </>
      )}
      {others.length > 0 && (
        <span className="text-sm text-ink-2">
          {t('watch', { count: others.length, names: others.map(({ name }) => name).join(', ') })}
        </span>
      )}
    </div>
  );
}
