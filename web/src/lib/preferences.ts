// What a person chose for this browser: theme and keys. Kept in localStorage under a version.
import { createStore } from 'zustand/vanilla';

export type Theme = 'system' | 'light' | 'dark';

export interface Preferences {
  theme: Theme;
  keys: boolean;
  announce: 'nothing' | 'requests' | 'everything';
  /** A tone when a call begins to wait for a person. */
  sounds: boolean;
}

const place = 'phony.preferences.v1';
const defaults: Preferences = { theme: 'system', keys: true, announce: 'requests', sounds: false };

function read(): Preferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(place) ?? '{}');
    return { ...defaults, ...(stored && typeof stored === 'object' ? stored : {}) };
  } catch {
    return defaults;
  }
}

export const preferences = createStore<Preferences>(read);

function show({ theme }: Preferences): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

show(preferences.getState());
preferences.subscribe((now) => {
  show(now);
  try {
    localStorage.setItem(place, JSON.stringify(now));
  } catch {
    // A full or forbidden store loses the choice, not the page.
  }
});

/** Paper to bakelite and back, from what is seen now. */
export function switchTheme(): void {
  const { theme } = preferences.getState();
  const dark = theme === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
  preferences.setState({ theme: dark ? 'light' : 'dark' });
}
