// A kind of usage as accounts and exports name it. Where it is too long for its place it breaks behind a point or a
// line below, not within a word.
import { Fragment } from 'react';

export function SkuCode({ sku }: { sku: string }) {
  const parts = sku.split(/(?<=[._])/);
  return (
    <span data-verbatim="" className="fig wrap-anywhere">
      {parts.map((part, at) => (
        <Fragment key={parts.slice(0, at + 1).join('')}>
          {at > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </span>
  );
}
