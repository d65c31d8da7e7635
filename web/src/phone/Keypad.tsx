import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import './strings';

const pad = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

/** The keys of a telephone; each is pressed at once. */
export function Keypad({ onKey }: { onKey: (key: string) => void }) {
  const { t } = useTranslation('phone');
  return (
    <div className="grid w-full max-w-60 grid-cols-3 gap-2 justify-self-center">
      {pad.map((key) => (
        <Button key={key} aria-label={t('key', { key })} onClick={() => onKey(key)}>
          <span className="font-mono">{key}</span>
        </Button>
      ))}
    </div>
  );
}
