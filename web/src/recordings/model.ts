// What pages need of recordings: their list, their bytes, and what may be done to them.
import { $api, send } from '@/api/client';
import { ApiProblem } from '@/api/problem';
import type { CallStatus } from '@/api/types';
import type { FetchPart } from '@/audio/wav_player';

/** The recordings of a call; looked at again while one is on its way. */
export function useRecordings(call: string, status: CallStatus, enabled: boolean) {
  return $api.useQuery(
    'get',
    '/v1/calls/{id}/recordings',
    { params: { path: { id: call } } },
    {
      enabled,
      refetchInterval: ({ state }) => {
        const open = state.data?.data.some((recording) =>
          ['starting', 'recording', 'paused', 'processing'].includes(recording.status),
        );
        return open || status !== 'ended' ? 3_000 : false;
      },
    },
  );
}

export function audioPath(call: string, recording: string): string {
  return `/v1/calls/${encodeURIComponent(call)}/recordings/${encodeURIComponent(recording)}/audio`;
}

/** Parts of the sound of a recording; all of the same file, or a problem. */
export function partsOf(path: string): FetchPart {
  let tag = '';
  return async (from, to, signal) => {
    const headers: Record<string, string> = { range: `bytes=${from}-${to - 1}` };
    if (tag) headers['if-range'] = tag;
    const response = await send(new Request(new URL(path, location.origin), { headers, signal }));
    tag = response.headers.get('etag') ?? '';
    const bytes = await response.arrayBuffer();
    if (response.status !== 206) return { bytes: bytes.slice(from, to), size: bytes.byteLength };
    const size = Number(response.headers.get('content-range')?.split('/')[1]);
    if (!Number.isFinite(size)) {
      throw new ApiProblem(-1, { code: 'bad_range', detail: 'The server did not say how long the file is.' });
    }
    return { bytes, size };
  };
}
