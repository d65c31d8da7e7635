import 'i18next';
import type engines from './engines/strings.en.json';
import type audit from './features/audit/strings.en.json';
import type auth from './features/auth/strings.en.json';
import type billing from './features/billing/strings.en.json';
import type calls from './features/calls/strings.en.json';
import type console from './features/console/strings.en.json';
import type contacts from './features/contacts/strings.en.json';
import type keys from './features/keys/strings.en.json';
import type live from './features/live/strings.en.json';
import type members from './features/members/strings.en.json';
import type numbers from './features/numbers/strings.en.json';
import type onboarding from './features/onboarding/strings.en.json';
import type personalities from './features/personalities/strings.en.json';
import type pools from './features/pools/strings.en.json';
import type settings from './features/settings/strings.en.json';
import type common from './lib/strings.en.json';
import type phone from './phone/strings.en.json';
import type recordings from './recordings/strings.en.json';
import type supervision from './supervision/strings.en.json';
import type transcript from './transcript/strings.en.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    resources: {
      common: typeof common;
      audit: typeof audit;
      auth: typeof auth;
      billing: typeof billing;
      calls: typeof calls;
      contacts: typeof contacts;
      console: typeof console;
      engines: typeof engines;
      keys: typeof keys;
      live: typeof live;
      members: typeof members;
      numbers: typeof numbers;
      onboarding: typeof onboarding;
      personalities: typeof personalities;
      phone: typeof phone;
      pools: typeof pools;
      recordings: typeof recordings;
      settings: typeof settings;
      supervision: typeof supervision;
      transcript: typeof transcript;
    };
  }
}
