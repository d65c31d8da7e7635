import type { NumberValues } from '../form';

/** What each part of the form of a number gets. */
export interface Section {
  values: NumberValues;
  /** What the server found wrong at a place of the request. */
  faultAt: (param: string) => string | undefined;
  onChange: (change: Partial<NumberValues>) => void;
}
