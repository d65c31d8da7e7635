// Mails that the product sent: the simulator takes them all and delivers none.
import type { Place } from './product.ts';
import { until } from './process.ts';

export interface Mail {
  subject: string;
  text: string;
  links: string[];
}

/** The newest mail to an address whose subject fits; waits for it. */
export async function mailTo(place: Place, to: string, subject: RegExp): Promise<Mail> {
  let found: Mail | undefined;
  await until(`a mail to ${to} about ${subject}`, 60_000, async () => {
    const answer = await fetch(`${place.simulator}/sim/mails?to=${encodeURIComponent(to)}`);
    const { data } = (await answer.json()) as { data: Mail[] };
    found = data.find((mail) => subject.test(mail.subject));
    return found !== undefined;
  });
  if (!found) throw new Error('no mail');
  return found;
}

/** Where the link of a mail leads, within the product. */
export function pathOf(mail: Mail): string {
  const [link] = mail.links;
  if (!link) throw new Error(`a mail without a link: ${mail.text}`);
  const { pathname, search, hash } = new URL(link);
  return `${pathname}${search}${hash}`;
}

/** What stands behind `#token=` in the link of a mail. */
export function tokenOf(mail: Mail): string {
  return new URLSearchParams(new URL(mail.links[0] ?? '').hash.slice(1)).get('token') ?? '';
}
