import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '@/api/types';
import { Facts } from '@/ui/Page';
import { addressOf, plainText, tellOf } from '../model';
import { fieldName } from '../words';
import { Action, type NameOf } from './Names';

/** Everything that is written down about one act. */
export function Details({ entry, nameOf }: { entry: AuditEntry; nameOf: NameOf }) {
  const { t } = useTranslation('audit');
  const { changes, facts } = tellOf(entry);
  const words = { yes: t('yes'), no: t('no') };
  const { action, actor, actor_name, target, hash } = entry;
  return (
    <div className="grid gap-5">
      <Facts
        rows={[
          [t('what'), <Action key="what" action={action} />],
          [t('who'), <Named key="who" name={actor_name ?? nameOf(actor)} id={actor} />],
          [t('target'), target ? <Named key="target" name={nameOf(target)} id={target} /> : '–'],
          [t('where'), addressOf(entry) ?? '–'],
          ...facts.map(([name, value]): [string, ReactNode] => [
            name ? fieldName(name) : t('details'),
            <span key={name} data-verbatim="" className="break-words" dir="auto">
              {plainText(value, words)}
            </span>,
          ]),
          [
            t('hash'),
            <span key="hash" className="fig break-all">
              {hash}
            </span>,
          ],
        ]}
      />
      {changes.length > 0 ? (
        <table className="w-full border-collapse text-sm">
          <thead>
            <tr className="border-b border-line">
              {(['field', 'before', 'after'] as const).map((name) => (
                <th key={name} scope="col" className="py-1.5 pe-3 text-start text-xs font-medium text-ink-3">
                  {t(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {changes.map(({ name, before, after }) => (
              <tr key={name} className="border-b border-line align-top">
                <th data-verbatim="" scope="row" className="py-1.5 pe-3 text-start font-normal text-ink-2">
                  {fieldName(name)}
                </th>
                <td className="py-1.5 pe-3 break-words text-ink-2" dir="auto">
                  {plainText(before, words)}
                </td>
                <td className="py-1.5 break-words" dir="auto">
                  {plainText(after, words)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        facts.length === 0 && <p className="text-ink-2">{t('noDetails')}</p>
      )}
    </div>
  );
}

/** By name, with the whole id below. */
function Named({ name, id }: { name: string; id: string }) {
  return (
    <span className="grid">
      {name !== id && <span>{name}</span>}
      <span data-verbatim="" className="fig break-all text-ink-3">
        {id}
      </span>
    </span>
  );
}
