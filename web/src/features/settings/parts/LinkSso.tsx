import { useTranslation } from 'react-i18next';
import { FormProblem, useAct } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Block } from '@/ui/Page';
import { leaveToLink } from '../security';

/** Ties one's account to who one is at the company's own sign-in. */
export function LinkSso() {
  const { t } = useTranslation('settings');
  const { busy, problem, act } = useAct();
  return (
    <Block
      title={t('link.title')}
      actions={
        <Button size="small" busy={busy} onClick={() => void act(leaveToLink)}>
          {t('link.go')}
        </Button>
      }
    >
      <div className="grid gap-3">
        <p className="text-ink-2">{t('link.hint')}</p>
        <FormProblem problem={problem} />
      </div>
    </Block>
  );
}
