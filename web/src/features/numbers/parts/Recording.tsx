import { useTranslation } from 'react-i18next';
import { Select, TextArea } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { consents, recordings } from '../form';
import type { Section } from './Section';

/** Whether calls are recorded, and how callers are told. */
export function Recording({ values, faultAt, onChange }: Section) {
  const { t } = useTranslation('numbers');
  const records = values.recording !== 'off';
  return (
    <Block title={t('recording.title')}>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Select
          label={t('recording.when')}
          value={values.recording}
          error={faultAt('recording') ?? faultAt('recording.mode')}
          onChange={(event) => {
            const recording = recordings.find((each) => each === event.target.value);
            if (recording) onChange({ recording });
          }}
        >
          {recordings.map((each) => (
            <option key={each} value={each}>
              {t(`recording.${each}`)}
            </option>
          ))}
        </Select>
        {records && (
          <Select
            label={t('recording.consent')}
            hint={t(`recording.consentHint.${values.consent}`)}
            value={values.consent}
            error={faultAt('recording.consent')}
            onChange={(event) => {
              const consent = consents.find((each) => each === event.target.value);
              if (consent) onChange({ consent });
            }}
          >
            {consents.map((each) => (
              <option key={each} value={each}>
                {t(`recording.consents.${each}`)}
              </option>
            ))}
          </Select>
        )}
        {records && values.consent !== 'off' && (
          <TextArea
            label={t('recording.notice')}
            optional
            rows={2}
            maxLength={300}
            dir="auto"
            hint={t('standardWords')}
            error={faultAt('recording.notice')}
            value={values.notice}
            onChange={(event) => onChange({ notice: event.target.value })}
          />
        )}
      </div>
    </Block>
  );
}
