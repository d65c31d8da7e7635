// The part of a call's fold that is about people: who watches, who has claimed it, who speaks, what waits for a word.
import type { ApprovalBody, LiveEvent, Snapshot } from './wire';

type Supervision = Pick<
  Snapshot,
  'watchers' | 'claimed_by' | 'takeover' | 'approval_mode' | 'approvals' | 'attention' | 'mood'
>;

export const noSupervision: Supervision = {
  watchers: [],
  claimed_by: null,
  takeover: null,
  approval_mode: 'off',
  approvals: [],
  attention: [],
  mood: null,
};

/** What an event changes about the people of a call. */
export function foldSupervision(now: Snapshot, event: LiveEvent): Partial<Supervision> {
  switch (event.event) {
    case 'supervision.joined': {
      const { actor } = event.data;
      return { watchers: [...now.watchers.filter(({ id }) => id !== actor.id), actor] };
    }
    case 'supervision.left':
      return { watchers: now.watchers.filter(({ id }) => id !== event.data.actor.id) };
    case 'supervision.claimed':
      return { claimed_by: event.data.actor };
    case 'takeover.changed': {
      const { actor, via } = event.data;
      return { takeover: actor && via ? { actor, via, since: event.at } : null };
    }
    case 'attention.changed':
      return { attention: event.data.attention, mood: event.data.mood ?? null };
    case 'approval.mode':
      return { approval_mode: event.data.mode };
    case 'approval.requested':
      return { approvals: [...without(now, event.data.approval_id), event.data] };
    case 'approval.decided':
    case 'approval.expired':
      return { approvals: without(now, event.data.approval_id) };
    case 'call.state':
      if (event.data.status !== 'ended') return {};
      return { watchers: [], claimed_by: null, takeover: null, approvals: [], attention: [] };
    default:
      return {};
  }
}

function without({ approvals }: Snapshot, id: string) {
  return approvals.filter(({ approval_id }) => approval_id !== id);
}

/** What became of an answer that waited. */
export function decided(
  now: Snapshot,
  event: Extract<LiveEvent, { event: 'approval.decided' | 'approval.expired' }>,
): ApprovalBody {
  const asked = now.approvals.find(({ approval_id }) => approval_id === event.data.approval_id);
  const held: ApprovalBody = {
    kind: 'approval',
    text: asked?.text ?? '',
    ...(asked?.commands?.length ? { commands: asked.commands } : {}),
  };
  if (event.event === 'approval.expired') return { ...held, did: event.data.did };
  const { decision, text, guidance, actor } = event.data;
  return {
    ...held,
    decision,
    ...(decision === 'edited' && text ? { edited: text } : {}),
    ...(guidance ? { guidance } : {}),
    by: actor,
  };
}
