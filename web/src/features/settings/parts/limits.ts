// The limits of a plan in words, for the plans side by side and for what a change of plan changes.
import { useTranslation } from 'react-i18next';
import type { Limits, PlanInfo } from '@/api/types';
import { money } from '@/lib/format';

const figures = ['concurrent_calls', 'numbers', 'personalities', 'api_keys'] as const;
const choices = ['voices', 'models'] as const;
const parts = ['number_pools', 'live_events', 'analytics', 'sso'] as const;

interface LimitWords {
  id: keyof Limits;
  name: string;
  text: string;
  /** A number of things, rather than whether there is something. */
  isFigure: boolean;
  /** Whether the plan has it at all. */
  has: boolean;
}

/** Every limit of a plan by name, always in the same order. */
export function useLimitWords(): (limits: Limits) => LimitWords[] {
  const { t } = useTranslation('settings');
  return (limits) => [
    ...figures.map((id) => ({
      id,
      name: t(`limit.${id}`),
      text: String(limits[id] ?? t('limit.none')),
      isFigure: true,
      has: true,
    })),
    ...choices.map((id) => ({
      id,
      name: t(`limit.${id}`),
      text: t(`plans.choice.${limits[id]}`),
      isFigure: false,
      has: true,
    })),
    ...parts.map((id) => ({
      id,
      name: t(`limit.${id}`),
      text: t(limits[id] ? 'plans.yes' : 'plans.no'),
      isFigure: false,
      has: limits[id],
    })),
  ];
}

/** What a plan costs. */
export function useFeeText(): (fee: PlanInfo['monthly_fee']) => string {
  const { t } = useTranslation('settings');
  return (fee) =>
    fee == null ? t('plans.byContract') : t('plans.fee', { fee: money({ amount: fee, currency: 'USD' }) });
}
