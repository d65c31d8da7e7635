import { type Panel, useHere } from '../here';
import { EndDialog } from './EndDialog';
import { HandbackDialog } from './HandbackDialog';
import { KeysDialog } from './KeysDialog';
import { NoteDialog } from './NoteDialog';
import { TakeoverSheet } from './TakeoverSheet';
import { TransferDialog } from './TransferDialog';

/** What opens over the console, one at a time. */
export function Panels({ panel, onClose }: { panel: Panel | null; onClose: () => void }) {
  const { call } = useHere();
  return (
    <>
      <EndDialog call={call.id} open={panel === 'end'} onClose={onClose} />
      <KeysDialog call={call.id} open={panel === 'keys'} onClose={onClose} />
      <TransferDialog call={call} open={panel === 'transfer'} onClose={onClose} />
      <NoteDialog open={panel === 'note'} onClose={onClose} />
      <TakeoverSheet open={panel === 'takeover'} onClose={onClose} />
      <HandbackDialog open={panel === 'handback'} onClose={onClose} />
    </>
  );
}
