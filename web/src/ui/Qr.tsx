// A QR code as a drawing: dark on light in both themes, or readers would not find it.
import { useMemo } from 'react';
import { qrOf, qrPath } from '@/lib/qr';

const quiet = 4;

export function Qr({ text, label }: { text: string; label: string }) {
  const { side, path } = useMemo(() => {
    const qr = qrOf(text);
    return { side: qr.side, path: qrPath(qr) };
  }, [text]);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`${-quiet} ${-quiet} ${side + quiet * 2} ${side + quiet * 2}`}
      shapeRendering="crispEdges"
      className="w-full max-w-56 rounded border border-line"
    >
      <path
        fill="#fff"
        d={`M${-quiet} ${-quiet}h${side + quiet * 2}v${side + quiet * 2}h${-side - quiet * 2}z`}
      />
      <path fill="#000" d={path} />
    </svg>
  );
}
