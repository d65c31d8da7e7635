import { useTranslation } from 'react-i18next';
import { TextArea, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import type { Section } from './Section';

/** Where callers go when no line is free or nothing of ours answers. */
export function Elsewhere({ values, faultAt, onChange }: Section) {
  const { t } = useTranslation('numbers');
  return (
    <Block title={t('elsewhere')}>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label={t('overflow')}
          optional
          mono
          inputMode="tel"
          autoComplete="off"
          placeholder={t('overflowPlaceholder')}
          hint={t('overflowHint')}
          error={faultAt('overflow_e164')}
          value={values.overflow}
          onChange={(event) => onChange({ overflow: event.target.value })}
        />
        <TextArea
          label={t('busyMessage')}
          optional
          rows={2}
          maxLength={300}
          dir="auto"
          hint={t('busyMessageHint')}
          error={faultAt('busy_message')}
          value={values.busyMessage}
          onChange={(event) => onChange({ busyMessage: event.target.value })}
        />
        <TextField
          label={t('fallback')}
          optional
          mono
          inputMode="tel"
          autoComplete="off"
          placeholder={t('overflowPlaceholder')}
          hint={t('fallbackHint')}
          error={faultAt('fallback_e164')}
          value={values.fallback}
          onChange={(event) => onChange({ fallback: event.target.value })}
        />
      </div>
    </Block>
  );
}
