// Filters under a name of one's own, kept in this browser for each company.
import { createStore } from 'zustand/vanilla';
import { type Filters, filterNames, readFilters } from './filters';

export interface View {
  name: string;
  filters: Filters;
}

const place = 'phony.call_views.v1';
const most = 20;

type Views = Readonly<Record<string, readonly View[]>>;

function read(): Views {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(place) ?? '{}');
    if (!stored || typeof stored !== 'object') return {};
    return Object.fromEntries(
      Object.entries(stored).map(([tenant, views]) => [
        tenant,
        Array.isArray(views) ? views.flatMap(viewOf) : [],
      ]),
    );
  } catch {
    return {};
  }
}

function viewOf(value: unknown): View[] {
  if (!value || typeof value !== 'object' || !('name' in value) || !('filters' in value)) return [];
  const { name, filters } = value;
  if (typeof name !== 'string' || !name || !filters || typeof filters !== 'object') return [];
  return [{ name, filters: readFilters(filters as Record<string, unknown>) }];
}

export const viewStore = createStore<{ views: Views }>(() => ({ views: read() }));

viewStore.subscribe(({ views }) => {
  try {
    localStorage.setItem(place, JSON.stringify(views));
  } catch {
    // Then the view lasts as long as the page.
  }
});

/** Keeps a view; one of the same name is replaced, and the oldest goes when there are too many. */
export function saveView(tenant: string, view: View): void {
  viewStore.setState(({ views }) => {
    const others = (views[tenant] ?? []).filter(({ name }) => name !== view.name);
    return { views: { ...views, [tenant]: [...others, view].slice(-most) } };
  });
}

export function dropView(tenant: string, name: string): void {
  viewStore.setState(({ views }) => ({
    views: { ...views, [tenant]: (views[tenant] ?? []).filter((view) => view.name !== name) },
  }));
}

export function isSameView(one: Filters, other: Filters): boolean {
  return filterNames.every((name) => one[name] === other[name]);
}
