// A floor of callers who talk all the time, over relay.
import { teach } from '../product/caller.ts';
import type { Place } from '../product/product.ts';

/** What callers say, and what they hear. */
const talk = [
  ['I would like to move my appointment to Thursday afternoon.', 'Of course. On Thursday there is a quarter past two or half past three.'],
  ['My name is Sandra Whitfield and I was with you last spring.', 'Thank you, Sandra. I have found you, and your notes are in front of me.'],
  ['The second one suits me better, as I have to work before.', 'Then half past three it is. You will get a message to confirm it.'],
  ['Could you tell me how long the whole visit is going to take?', 'Usually about forty minutes, with a little time for questions after it.'],
  ['My daughter comes along and she would need a seat as well.', 'That is no trouble at all. I have made a note of it for the front desk.'],
] as const;

const betweenRingsMs = 80;
const thinksMs = 1_200;
const sentences = 60;

/** Has so many people ring, one after the other; each says a sentence about every ten seconds. */
export async function openFloor(place: Place, numbers: readonly string[], count: number): Promise<void> {
  await teach(place, talk.map(([said, reply]) => ({ when_contains: said, reply })));
  for (let at = 0; at < count; at += 1) {
    const script = Array.from({ length: sentences }, (_, turn) => {
      const [say] = talk[(at + turn) % talk.length] ?? talk[0];
      return [{ say }, { wait_ms: thinksMs }];
    }).flat();
    const from = `+1415556${String(at).padStart(4, '0')}`;
    const to = numbers[at % numbers.length];
    const answer = await fetch(`${place.simulator}/sim/calls`, {
      method: 'POST',
      body: JSON.stringify({ from, to, script, live: true }),
    });
    if (!answer.ok) throw new Error(`a caller was refused: ${await answer.text()}`);
    await new Promise((go) => setTimeout(go, betweenRingsMs));
  }
}
