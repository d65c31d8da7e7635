// How somebody feels, as a face of three strokes: its mouth says it, colour only helps.

const faces = {
  '-1': ['M5 11.6c1.6-2 4.4-2 6 0', 'text-danger'],
  0: ['M5 10.6h6', 'text-ink-3'],
  1: ['M5 9.8c1.6 2 4.4 2 6 0', 'text-ok'],
} as const;

export function MoodFace({ mood, word }: { mood: -1 | 0 | 1; word: string }) {
  const [mouth, colour] = faces[mood];
  return (
    <span className={`inline-grid ${colour}`} title={word}>
      <svg viewBox="0 0 16 16" className="lamp size-4" aria-hidden="true">
        <circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
        <circle cx="5.8" cy="6.4" r="1" fill="currentColor" />
        <circle cx="10.2" cy="6.4" r="1" fill="currentColor" />
        <path d={mouth} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" />
      </svg>
      <span className="sr-only">{word}</span>
    </span>
  );
}
