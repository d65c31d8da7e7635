import { Bell, BellOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { preferences } from '@/lib/preferences';
import { Button } from '@/ui/Button';
import './strings';

/** Whether a short tone tells of a new request. Off until somebody wants it. */
export function BellSwitch() {
  const { t } = useTranslation('supervision');
  const sounds = useStore(preferences, (state) => state.sounds);
  const Sign = sounds ? Bell : BellOff;
  const word = t(sounds ? 'bell.on' : 'bell.off');
  return (
    <Button
      kind="quiet"
      size="square"
      aria-label={t('bell.label')}
      aria-pressed={sounds}
      title={word}
      onClick={() => preferences.setState({ sounds: !sounds })}
    >
      <Sign size={17} aria-hidden="true" />
    </Button>
  );
}
