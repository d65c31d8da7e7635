import { type FormEvent, type KeyboardEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { findCanned, keepCanned, readCanned } from '../canned';
import { useDraft } from '../drafts';
import { isFree, useHere } from '../here';
import type { Mode, When } from './InterveneBar';

/** The field for words to the caller or the agent. A `;` offers sentences that are said often. */
export function SayForm({ mode, when, own }: { mode: Mode; when: When; own: boolean }) {
  const { t } = useTranslation('console');
  const here = useHere();
  const [text, setText] = useDraft(here.call.id, 'say');
  const [lines, setLines] = useState(() => readCanned([t('canned.1'), t('canned.2'), t('canned.3')]));
  const [at, setAt] = useState(0);
  const list = useId();
  const free = isFree(here);
  const guides = mode === 'guidance';
  const searches = text.startsWith(';');
  const wanted = text.slice(1);
  const found = searches ? findCanned(lines, wanted) : [];
  const chosen = found[Math.min(at, found.length - 1)];

  const say = (event: FormEvent) => {
    event.preventDefault();
    if (searches) {
      if (chosen) pick(chosen);
      return;
    }
    const words = text.trim();
    if (!words || !free) return;
    here.act({ type: 'say', text: words, mode, when });
    setText('');
  };
  const pick = (line: string) => {
    setText(line);
    setAt(0);
  };
  const keep = () => setLines(keepCanned([...lines, text]));
  const drop = (line: string) => setLines(keepCanned(lines.filter((each) => each !== line)));
  const typed = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      if (searches) setText('');
      else event.currentTarget.blur();
    }
    if (!searches || found.length === 0) return;
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    setAt((now) => (Math.min(now, found.length - 1) + by + found.length) % found.length);
  };

  return (
    <form onSubmit={say} className="relative flex items-start gap-2">
      {searches && (
        <div className="absolute inset-x-0 bottom-full z-20 mb-1 rounded border border-line-strong bg-surface">
          <div id={list} role="listbox" aria-label={t('canned.label')} className="max-h-56 overflow-y-auto">
            {found.map((line) => (
              // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the chosen line
              <div
                key={line}
                id={`${list}-${lines.indexOf(line)}`}
                role="option"
                aria-selected={line === chosen}
                onPointerDown={(event) => {
                  event.preventDefault();
                  pick(line);
                }}
                dir="auto"
                className="cursor-pointer px-3 py-1.5 aria-selected:bg-tint"
              >
                {line}
              </div>
            ))}
          </div>
          <p className="flex items-center gap-2 border-t border-line px-3 py-1 text-xs text-ink-3">
            {found.length === 0 ? t('canned.none') : t('canned.hint')}
            {chosen && (
              <span className="ms-auto">
                <Button size="small" kind="quiet" onClick={() => drop(chosen)}>
                  {t('canned.drop')}
                </Button>
              </span>
            )}
          </p>
        </div>
      )}
      <div className="min-w-0 flex-1">
        <TextField
          label={guides ? t('guideLabel') : own ? t('ownLabel') : t('sayLabel')}
          hideLabel
          data-say=""
          role="combobox"
          aria-expanded={searches}
          aria-controls={searches ? list : undefined}
          aria-activedescendant={searches && chosen ? `${list}-${lines.indexOf(chosen)}` : undefined}
          aria-autocomplete="list"
          autoComplete="off"
          maxLength={1000}
          dir="auto"
          placeholder={guides ? t('guideHint') : own ? t('ownHint') : t('sayHint')}
          value={text}
          disabled={!free}
          onKeyDown={typed}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
        />
      </div>
      {text.trim().length > 3 && !searches && !lines.includes(text.trim()) && !guides && (
        <span className="max-md:hidden">
          <Button kind="quiet" onClick={keep} title={t('canned.keepHint')}>
            {t('canned.keep')}
          </Button>
        </span>
      )}
      <Button type="submit" kind="primary" disabled={!free || !text.trim()}>
        {t('send')}
      </Button>
    </form>
  );
}
