// Entry of the page at /docs. What the reference is made of creates style elements while it loads, so the nonce of
// the page is given to those before anything else runs.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
if (nonce) {
  const make = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = make(name, options);
    if (name.toLowerCase() === 'style') element.nonce = nonce;
    return element;
  }) as typeof document.createElement;
}

// The reference brings zod, which would try whether it may use eval: under our policy it may not, and need not try.
(globalThis as { __zod_globalConfig?: object }).__zod_globalConfig = { jitless: true };

void import('./reference');

export {};
