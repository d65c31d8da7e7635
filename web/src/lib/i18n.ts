// Words of the product. Each feature brings its own file and adds it when it is loaded.
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import common from './strings.en.json';

void i18next.use(initReactI18next).init({
  lng: 'en',
  fallbackLng: 'en',
  defaultNS: 'common',
  resources: { en: { common } },
  interpolation: { escapeValue: false },
  initAsync: false,
  // A text that is missing must be seen by tests and by us, and must not break the page.
  saveMissing: true,
  missingKeyHandler: (_languages, namespace, key) =>
    reportError(new Error(`no text for ${namespace}:${key}`)),
});

export const i18n = i18next;

export function addStrings(namespace: string, strings: object): void {
  i18next.addResourceBundle('en', namespace, strings, true, true);
}
