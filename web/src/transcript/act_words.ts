// What somebody did to a call, in words.
import type { useTranslation } from 'react-i18next';
import { phone } from '@/lib/format';
import type { Action } from '@/live/wire';

/** Speaks of talks and engines. */
export type Words = ReturnType<typeof useTranslation<['transcript', 'engines']>>['t'];

export function actWords(action: Action, t: Words): string {
  switch (action.type) {
    case 'say':
      return t(action.mode === 'guidance' ? 'act.guide' : 'act.say', { text: action.text });
    case 'dtmf':
      return t('act.dtmf', { digits: action.digits });
    case 'transfer':
      return t(action.kind === 'warm' ? 'act.transferWarm' : 'act.transfer', { to: phone(action.to) });
    case 'end':
      return action.say ? t('act.endWith', { say: action.say }) : t('act.end');
    case 'record':
      return t(`act.record.${action.op}`);
    case 'clarify':
      return action.decide ? t('act.decide') : t('act.clarify', { answer: action.answer ?? '' });
    case 'claim':
      return t(action.take ? 'act.claimTaken' : 'act.claim');
    case 'note':
      return t('act.note', { text: action.text });
    case 'approval_mode':
      return t(`act.approvalMode.${action.mode}`);
    case 'approve':
      return action.text ? t('act.approveEdited', { text: action.text }) : t('act.approve');
    case 'reject':
      return action.guidance ? t('act.rejectWith', { guidance: action.guidance }) : t('act.reject');
    case 'takeover':
      return t(`act.takeover.${action.via}`);
    case 'handback':
      return action.note ? t('act.handbackWith', { note: action.note }) : t('act.handback');
    case 'hold':
    case 'unhold':
    case 'release':
      return t(`act.${action.type}`);
  }
}
