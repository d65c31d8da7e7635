// Runs inside every page: what a person would not see is told to the console as an error, which fails the test.
// It is handed to the browser as text, so it must stand for itself.
export function watchPage(): void {
  addEventListener('securitypolicyviolation', (event) => {
    console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
  });
  if (!location.pathname.startsWith('/dashboard')) return;

  // A key of the translation tables, or a place that was not filled.
  const untranslated = /^(?:[a-z_]+:)?[a-z][a-zA-Z_]*(?:\.[a-zA-Z_]+)+$|\{\{|\}\}|\bundefined\b|\bNaN\b|\[object /;
  // Kinds of usage are shown as they are called in the price list.
  const known = /^(?:twilio|openai|phony)\.[a-z_.]+$/;
  const told = new Set<string>();
  const judge = (text: string | null | undefined) => {
    const words = text?.trim();
    if (!words || told.has(words) || !untranslated.test(words) || known.test(words)) return;
    told.add(words);
    console.error(`missing translation: ${words}`);
  };
  const look = (node: Node) => {
    if (node instanceof Text) {
      const inside = node.parentElement?.tagName;
      // Words of the API that are shown as they are called there.
      if (node.parentElement?.closest('[data-verbatim]')) return;
      if (inside !== 'SCRIPT' && inside !== 'STYLE') judge(node.data);
      return;
    }
    if (!(node instanceof Element)) return;
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) judge(node.getAttribute(name));
    for (const child of node.childNodes) look(child);
  };
  new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === 'childList') for (const node of record.addedNodes) look(node);
      else look(record.target);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true,
    attributeFilter: ['aria-label', 'title', 'placeholder', 'alt'] });
}
