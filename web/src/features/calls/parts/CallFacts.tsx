import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import { EngineBadge } from '@/engines/EngineBadge';
import { dateTime, money, phone } from '@/lib/format';
import { TextLink } from '@/ui/Button';
import { Block, Facts } from '@/ui/Page';
import { machines } from '../timeline';

export function CallFacts({ call }: { call: Call }) {
  const { t } = useTranslation(['calls', 'common']);
  const rows: [string, ReactNode][] = [
    [
      t('direction'),
      call.channel === 'web'
        ? `${t(`common:direction.${call.direction}`)}, ${t('channel.web')}`
        : t(`common:direction.${call.direction}`),
    ],
    [t('caller'), <Fig key="from">{phone(call.from)}</Fig>],
    [t('called'), <Fig key="to">{phone(call.to)}</Fig>],
  ];
  if (call.personality) {
    const { id, name, version } = call.personality;
    rows.push([
      t('personality'),
      <TextLink key="personality" to="/personalities/$id" params={{ id }}>
        {name} v{version}
      </TextLink>,
    ]);
  }
  rows.push([
    t('engine'),
    <span key="engine" className="flex flex-wrap items-baseline gap-2">
      <EngineBadge engine={call.engine} />
      {call.test && t('test')}
    </span>,
  ]);
  rows.push([t('began'), dateTime(call.created_at)]);
  if (call.answered_at) rows.push([t('answered'), dateTime(call.answered_at)]);
  if (call.ended_at) rows.push([t('endedAt'), dateTime(call.ended_at)]);
  if (call.machine) {
    const kind = machines.find((each) => each === call.machine?.kind);
    rows.push([t('machine.fact'), kind ? t(`machine.kind.${kind}`) : call.machine.kind]);
  }
  if (call.ended_by)
    rows.push([
      t('by'),
      t(call.ended_by === 'caller' && call.direction === 'outbound' ? 'bys.callee' : `bys.${call.ended_by}`),
    ]);
  if (call.fault && call.fault !== 'none') rows.push([t('fault'), t(`faults.${call.fault}`)]);
  if (call.cost)
    rows.push([t('cost'), `${money(call.cost)}, ${call.settled ? t('settled') : t('unsettled')}`]);
  if (call.carrier_price) rows.push([t('carrierPrice'), money(call.carrier_price)]);
  rows.push(
    [t('id'), <Fig key="id">{call.id}</Fig>],
    [t('sid'), <Fig key="sid">{call.call_sid || '–'}</Fig>],
  );
  return (
    <Block title={t('facts')}>
      <Facts rows={rows} />
    </Block>
  );
}

function Fig({ children }: { children: ReactNode }) {
  return <span className="fig break-all">{children}</span>;
}
