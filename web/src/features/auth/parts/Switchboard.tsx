// The drawing beside the sign-in form: a board of jacks with a few lines plugged in.
const columns = 9;
const rows = 8;
const step = 68;

const plugged: readonly { from: [number, number]; to: [number, number]; colour: string }[] = [
  { from: [1, 1], to: [4, 5], colour: 'var(--caller)' },
  { from: [3, 0], to: [7, 4], colour: 'var(--human)' },
  { from: [6, 1], to: [5, 6], colour: 'var(--agent)' },
  { from: [0, 4], to: [2, 6], colour: 'var(--tool)' },
];

const at = ([column, row]: [number, number]): [number, number] => [column * step + 40, row * step + 40];

const spots = Array.from({ length: columns * rows }, (_, index): [number, number] => [
  index % columns,
  Math.floor(index / columns),
]);

export function Switchboard() {
  return (
    <svg
      viewBox={`0 0 ${columns * step + 12} ${rows * step + 12}`}
      preserveAspectRatio="xMidYMin slice"
      className="size-full"
      aria-hidden="true"
    >
      {spots.map((spot) => {
        const [x, y] = at(spot);
        return (
          <g key={spot.join()} fill="none" stroke="var(--line)" strokeWidth="2">
            <circle cx={x} cy={y} r="11" fill="var(--sunken)" />
            <circle cx={x} cy={y} r="4" />
            <path d={`M${x - 9} ${y + 20}h18`} stroke="var(--line)" strokeWidth="3" />
          </g>
        );
      })}
      {plugged.map(({ from, to, colour }) => {
        const [x1, y1] = at(from);
        const [x2, y2] = at(to);
        const sag = Math.max(y1, y2) + 90;
        return (
          <g key={colour} fill="none" stroke={colour} strokeWidth="5" strokeLinecap="round">
            <path d={`M${x1} ${y1}C${x1} ${sag} ${x2} ${sag} ${x2} ${y2}`} />
            <circle cx={x1} cy={y1} r="8" fill="var(--canvas)" />
            <circle cx={x2} cy={y2} r="8" fill="var(--canvas)" />
          </g>
        );
      })}
    </svg>
  );
}
