import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { Segments, Select, TextArea, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { DifferentDays, WeekEditor } from '@/ui/Week';
import { afterActions } from '../form';
import type { Section } from './Section';

/** When somebody is there, and what callers meet at other times. */
export function Hours({ values, faultAt, onChange }: Section) {
  const { t } = useTranslation('numbers');
  const of = (path: string) => faultAt(`hours.${path}`);
  return (
    <Block
      title={t('hours.title')}
      actions={
        <Segments<'always' | 'times'>
          label={t('hours.title')}
          value={values.always ? 'always' : 'times'}
          choices={[
            { value: 'always', label: t('hours.always') },
            { value: 'times', label: t('hours.times') },
          ]}
          onChange={(value) => onChange({ always: value === 'always' })}
        />
      }
    >
      {values.always ? (
        <p className="text-ink-2">{t('hours.alwaysHint')}</p>
      ) : (
        <div className="grid gap-5">
          <div className="grid gap-3 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)] lg:gap-8">
            <WeekEditor week={values.week} faultOf={of} onChange={(week) => onChange({ week })} />
            <div className="grid content-start gap-5">
              <div className="max-w-80">
                <TextField
                  label={t('hours.zone')}
                  list="zones"
                  autoComplete="off"
                  error={of('time_zone')}
                  value={values.zone}
                  onChange={(event) => onChange({ zone: event.target.value })}
                />
                <datalist id="zones">
                  {zones().map((zone) => (
                    <option key={zone} value={zone} />
                  ))}
                </datalist>
              </div>
              <DifferentDays
                list={values.different}
                faultOf={of}
                onChange={(different) => onChange({ different })}
              />
            </div>
          </div>
          <AfterHours values={values} faultAt={faultAt} onChange={onChange} />
        </div>
      )}
    </Block>
  );
}

let known: string[] | undefined;

function zones(): string[] {
  known ??= Intl.supportedValuesOf('timeZone');
  return known;
}

function AfterHours({ values: { after }, faultAt, onChange }: Section) {
  const { t } = useTranslation('numbers');
  const list = $api.useQuery('get', '/v1/personalities', { params: { query: { limit: 100 } } });
  const set = (change: Partial<typeof after>) => onChange({ after: { ...after, ...change } });
  return (
    <div className="grid items-start gap-4 border-t border-line pt-4 sm:grid-cols-2">
      <Select
        label={t('after.label')}
        value={after.action}
        error={faultAt('after_hours') ?? faultAt('after_hours.action')}
        onChange={(event) => {
          const action = afterActions.find((each) => each === event.target.value);
          if (action) set({ action });
        }}
      >
        {afterActions.map((action) => (
          <option key={action} value={action}>
            {t(`after.${action}`)}
          </option>
        ))}
      </Select>
      {after.action === 'personality' && (
        <Select
          label={t('after.who')}
          value={after.personality}
          error={list.error ? t('personalitiesFailed') : faultAt('after_hours.personality_id')}
          onChange={(event) => set({ personality: event.target.value })}
        >
          <option value="">{t('choose')}</option>
          {list.data?.data.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      )}
      {after.action === 'forward' && (
        <TextField
          label={t('after.to')}
          mono
          inputMode="tel"
          autoComplete="off"
          error={faultAt('after_hours.forward_e164')}
          value={after.forward}
          onChange={(event) => set({ forward: event.target.value })}
        />
      )}
      {after.action !== 'personality' && (
        <TextArea
          label={t('after.words')}
          optional
          rows={2}
          maxLength={300}
          dir="auto"
          hint={after.action === 'message' ? t('standardWords') : t('after.noWords')}
          error={faultAt('after_hours.message')}
          value={after.message}
          onChange={(event) => set({ message: event.target.value })}
        />
      )}
    </div>
  );
}
